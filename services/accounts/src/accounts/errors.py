"""Every failure of accounts a caller may see."""

from chassis.failures import Conflict, FieldError, Invalid, NotFound


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


class RoleCodeTaken(Conflict):
    """Another role of the kind has this code."""

    code = "role_code_taken"
    title = "Another role has this code"

    def __init__(self, code: str) -> None:
        super().__init__(errors=[FieldError("role_code_taken", f"{code} is taken", pointer="/code")])


class RoleInUse(Conflict):
    """Users have this role."""

    code = "role_in_use"
    title = "A role that somebody has cannot be removed"

    def __init__(self, holders: int) -> None:
        super().__init__(f"{holders} have it", extra={"holders": holders})


class UnknownPermission(Invalid):
    """A permission that does not exist for this kind of role."""

    code = "unknown_permission"
    title = "There is no such permission"

    def __init__(self, unknown: list[str]) -> None:
        super().__init__(
            errors=[FieldError("unknown_permission", f"{name} does not exist", "/permissions") for name in unknown]
        )
