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
    """A user asks for another account or another time."""

    code = "not_for_users"
    title = "A user gets the prices of his own account as they are now"

    def __init__(self, field: str) -> None:
        super().__init__(errors=[FieldError("not_for_users", "leave it out", pointer=f"/{field}")])


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
