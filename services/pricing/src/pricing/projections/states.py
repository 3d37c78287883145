"""What pricing reads of other services' states: only the fields it needs."""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict

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


class RoleOfUser(BaseModel):
    """The role as a user's context names it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str


class UserContext(BaseModel):
    """A user as accounts describes him on request."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    user_id: str
    account: AccountSeen
    role: RoleOfUser
