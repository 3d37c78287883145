"""Every failure of pricing a caller may see."""

from chassis.failures import FieldError, Invalid, NotFound, Unavailable


class AccountNotFound(NotFound):
    """No such account, or not yours."""

    code = "account_not_found"
    title = "There is no such account"


class ProductNotFound(NotFound):
    """No such product."""

    code = "product_not_found"
    title = "There is no such product"


class UserNotFound(NotFound):
    """No such user, or none with an audience."""

    code = "user_not_found"
    title = "There is no such user"


class RuleNotFound(NotFound):
    """No such visibility rule."""

    code = "visibility_rule_not_found"
    title = "There is no such visibility rule"


class VisibilityPending(Unavailable):
    """Nobody can say yet what this user may see."""

    code = "visibility_pending"
    title = "What you may see is not known yet; try again in a moment"


class PricesPending(Unavailable):
    """Nobody can say yet which agreements this account has."""

    code = "prices_pending"
    title = "The prices of this account are not known yet; try again in a moment"


class NotForUsers(Invalid):
    """A user asks for another account, another user or another time."""

    code = "not_for_users"
    title = "A user gets only his own, as it is now"

    def __init__(self, *, pointer: str | None = None, parameter: str | None = None) -> None:
        super().__init__(
            errors=[FieldError("not_for_users", "leave it out", pointer=pointer, parameter=parameter)]
        )


class UserRequired(Invalid):
    """Staff have no audience of their own."""

    code = "user_required"
    title = "Say for which user"

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("required", "say for which user", parameter="user_id")])


class AccountRequired(Invalid):
    """Staff and machines have no account of their own."""

    code = "account_required"
    title = "Say for which account"

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("required", "say for which account", pointer="/account_id")])


class OwnerMismatch(Invalid):
    """The owner of a rule is named by an id, of a customer group by its code."""

    code = "owner_not_an_id"
    title = "Accounts, roles and users are named by their id"

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("owner_not_an_id", "an id is a UUID", pointer="/owner_id")])
