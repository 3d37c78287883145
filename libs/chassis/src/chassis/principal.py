"""Who is asking: the verified content of an access token."""

from dataclasses import dataclass, field
from enum import StrEnum


class Caller(StrEnum):
    """The kinds of caller; each has its own surface."""

    USER = "user"
    STAFF = "staff"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Principal:
    """subject, account, client, channel and actor of one request.

    `permissions` are a user's or staff member's permissions, or a client's scopes. `source` is the ERP
    administration a client writes for, `other_sources` those its references may name beside it. `actor` is
    who acts for the subject, where it is somebody else. `issued_at` counts milliseconds. `token` is the
    bearer token, to be passed on to the next service.
    """

    caller: Caller
    subject: str
    permissions: frozenset[str]
    issued_at: int
    expires_at: int
    token: str = field(repr=False)
    login_id: str | None = None
    account_id: str | None = None
    role_id: str | None = None
    client_id: str | None = None
    channel_id: str | None = None
    source: str | None = None
    actor: str | None = None
    other_sources: tuple[str, ...] = ()

    def may(self, permission: str) -> bool:
        """Whether the permission was granted."""
        return permission in self.permissions
