"""What pricing reads of other services' states: only the fields it needs."""

from decimal import Decimal

from eventing.topics import ConsumedModel


class AccountSeen(ConsumedModel):
    """A customer account, as pricing needs it."""

    id: str
    source: str
    external_id: str
    customer_group: str | None = None
    price_group: str | None = None
    catalogue_id: str | None = None
    currency: str | None = None


class MemberSeen(ConsumedModel):
    """A user: a login's membership of an account."""

    id: str
    account_id: str
    role_id: str


class RoleSeen(ConsumedModel):
    """A role."""

    id: str
    code: str


class CategorySeen(ConsumedModel):
    """A category."""

    id: str
    code: str | None = None


class Packaging(ConsumedModel):
    """How many base units one of a unit holds."""

    unit: str
    quantity_in_base_unit: Decimal


class ProductSeen(ConsumedModel):
    """A product, as pricing needs it; of a placeholder little is known."""

    id: str
    source: str
    external_id: str
    base_unit: str | None = None
    sales_unit: str | None = None
    units: tuple[Packaging, ...] = ()
    discount_group: str | None = None
    brand_id: str | None = None
    item_group_id: str | None = None


class AccountTold(ConsumedModel):
    """An account with the version of the event that tells the same."""

    version: int
    state: AccountSeen


class MemberTold(ConsumedModel):
    """A user with the version of the event that tells the same."""

    version: int
    state: MemberSeen


class UserContext(ConsumedModel):
    """A user and its account as accounts describes them on request."""

    user: MemberTold
    account: AccountTold
