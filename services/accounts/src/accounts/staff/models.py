"""A staff member: pure."""

from dataclasses import dataclass

from accounts.roles.models import Role
from chassis.principal import Caller, Principal


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A person of the wholesaler."""

    id: str
    version: int
    login_id: str
    email: str
    name: str | None
    role: Role
    deleted: bool = False

    def principal(self) -> Principal:
        """The member as the principal of a token."""
        return Principal(
            caller=Caller.STAFF,
            subject=self.id,
            permissions=self.role.permissions,
            issued_at=0,
            expires_at=0,
            token="",
            login_id=self.login_id,
            role_id=self.role.id,
        )
