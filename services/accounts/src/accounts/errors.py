"""Every failure of accounts a caller may see."""

from collections.abc import Iterable

from chassis.failures import (
    Conflict,
    Denied,
    FieldError,
    Invalid,
    Malformed,
    NotFound,
    Unauthenticated,
    Unavailable,
)


class AccountNotFound(NotFound):
    """No such account, or not yours."""

    code = "account_not_found"
    title = "There is no such account"


class UserNotFound(NotFound):
    """No such user, or not yours."""

    code = "user_not_found"
    title = "There is no such user"


class RoleNotFound(NotFound):
    """No such role."""

    code = "role_not_found"
    title = "There is no such role"


class RoleInUse(Conflict):
    """Users have this role."""

    code = "role_in_use"
    title = "A role that somebody has cannot be removed"

    def __init__(self, holders: int) -> None:
        super().__init__(f"{holders} have it", extra={"holders": holders})


class AdministratorKept(Conflict):
    """The administrator role cannot lose permissions: nobody could give them back."""

    code = "administrator_kept"
    title = "The administrator role keeps its permissions"


class UnknownPermission(Invalid):
    """A permission that does not exist for this kind of role, or no scope of clients; `field` names it."""

    code = "unknown_permission"
    title = "There is no such permission"

    def __init__(self, unknown: list[str], field: str = "permissions") -> None:
        super().__init__(
            errors=[
                FieldError("unknown_permission", f"{name} does not exist", f"/{field}") for name in unknown
            ]
        )


class LoginBusy(Unavailable):
    """More people log in at once than passwords can be checked."""

    code = "login_busy"
    title = "Too many people log in just now"


class LoginFailed(Unauthenticated):
    """Wrong mail address or password; which one is not told."""

    code = "login_failed"
    title = "Mail address or password are not right"


class UnknownChannel(Unauthenticated):
    """The channel is not registered, or its secret is wrong."""

    code = "unknown_channel"
    title = "This channel is not registered"


class SessionEnded(Unauthenticated):
    """The refresh token is not (or no longer) valid."""

    code = "session_ended"
    title = "The session has ended; log in again"


class NoAccount(Denied):
    """The login is right, and no account is open to it."""

    code = "no_account"
    title = "There is no account this log-in may use"


class TokenNotUsable(Invalid):
    """An invitation or reset token is unknown, used or over."""

    code = "token_not_usable"
    title = "This link was used already or is over"

    def __init__(self) -> None:
        super().__init__(errors=[FieldError(self.code, "unknown, used or over", "/token")])


class PasswordTooWeak(Invalid):
    """The password is too short or too well known."""

    code = "password_too_weak"
    title = "This password is too easy to guess"


class InvalidClient(Unauthenticated):
    """Unknown client or wrong secret (RFC 6749, 5.2)."""

    code = "invalid_client"
    title = "Client and secret do not match"
    challenge = 'Basic realm="kontor"'

    def __init__(self) -> None:
        super().__init__(extra=_oauth(self.code))


class InvalidGrantRequest(Malformed):
    """A parameter of the token request is missing or given twice (RFC 6749, 5.2)."""

    code = "invalid_request"
    title = "The token request is not complete, or says something twice"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, extra=_oauth(self.code))


class InvalidScope(Malformed):
    """A scope the client does not have (RFC 6749, 5.2)."""

    code = "invalid_scope"
    title = "The client does not have this scope"

    def __init__(self, unknown: Iterable[str]) -> None:
        super().__init__(", ".join(sorted(unknown)), extra=_oauth(self.code))


class UnsupportedGrantType(Malformed):
    """Only client credentials are given tokens here (RFC 6749, 5.2)."""

    code = "unsupported_grant_type"
    title = "Only grant_type=client_credentials is supported"

    def __init__(self) -> None:
        super().__init__(extra=_oauth(self.code))


def _oauth(code: str) -> dict[str, str]:
    # What an OAuth library looks for; everything else here reads `code`.
    return {"error": code}


class CatalogueNotFound(Invalid):
    """catalog has not told of such a catalogue."""

    code = "catalogue_not_found"
    title = "There is no such catalogue"

    def __init__(self, catalogue_id: str) -> None:
        super().__init__(
            errors=[FieldError("catalogue_not_found", f"{catalogue_id} is unknown", "/catalogue_id")]
        )


class ManagedByErp(Conflict):
    """The ERP keeps this user; the platform does not change it."""

    code = "managed_by_erp"
    title = "This user is kept by the ERP"


class UserExists(Conflict):
    """The login is a user of the account already."""

    code = "user_exists"
    title = "This person is a user of the account already"


class ChannelNotFound(NotFound):
    """No such channel."""

    code = "channel_not_found"
    title = "There is no such channel"


class ClientNotFound(NotFound):
    """No such machine client."""

    code = "client_not_found"
    title = "There is no such client"


class StaffNotFound(NotFound):
    """No such staff member."""

    code = "staff_not_found"
    title = "There is no such staff member"


class StaffExists(Conflict):
    """The login is a staff member already."""

    code = "staff_exists"
    title = "This person is a staff member already"


class LastAdministrator(Conflict):
    """Without an administrator nobody could make one."""

    code = "last_administrator"
    title = "The last administrator stays"


class CodeTaken(Conflict):
    """Another one has this code."""

    code = "code_taken"
    title = "Another one has this code"

    def __init__(self, code: str) -> None:
        super().__init__(errors=[FieldError("code_taken", f"{code} is taken", "/code")])
