"""Staff on the wire."""

from accounts.staff.models import StaffMember
from chassis.models import Answer, StrictModel
from chassis.values import Identifier, Line, MailAddress


class StaffOut(Answer):
    """A staff member."""

    id: str
    email: str
    name: str | None
    role_id: str
    role_code: str
    permissions: list[str]

    @classmethod
    def of(cls, member: StaffMember) -> "StaffOut":
        """The wire form of a member."""
        return cls(
            id=member.id,
            email=member.email,
            name=member.name,
            role_id=member.role.id,
            role_code=member.role.code,
            permissions=sorted(member.role.permissions),
        )


class StaffInvite(StrictModel):
    """Somebody to become a staff member."""

    email: MailAddress
    name: Line | None = None
    role_id: Identifier


class StaffPatch(StrictModel):
    """The member's new role."""

    role_id: Identifier
