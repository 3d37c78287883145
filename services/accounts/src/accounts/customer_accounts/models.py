"""A customer account and its addresses: pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from accounts.blocks import Block, stricter


@dataclass(frozen=True, slots=True)
class CustomerAccount:
    """A customer organisation. The platform owns its block and catalogue, the ERP the rest."""

    id: str
    version: int
    source: str
    external_id: str
    number: str | None
    name: str | None
    country: str | None
    customer_group: str | None
    price_group: str | None
    discount_group: str | None
    payment_terms: str | None
    delivery_terms: str | None
    currency: str | None
    tax_group: str | None
    parent_account_id: str | None
    erp_block: Block
    platform_block: Block
    own_catalogue_id: str | None
    catalogue_id: str | None
    placeholder: bool
    deleted: bool
    created_at: datetime

    @property
    def block(self) -> Block:
        """The block that counts."""
        return stricter(self.erp_block, self.platform_block)

    @property
    def shut_out(self) -> bool:
        """Whether its users are out altogether."""
        return self.deleted or self.block == "access"


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What staff want to change. `own_catalogue_id` only counts with `set_catalogue`, as None clears it."""

    platform_block: Block | None = None
    set_catalogue: bool = False
    own_catalogue_id: str | None = None

    def applied_to(self, account: CustomerAccount, version: int) -> CustomerAccount:
        """The account with the change; which catalogue counts then is the repository's to find."""
        changed = replace(account, version=version)
        if self.platform_block is not None:
            changed = replace(changed, platform_block=self.platform_block)
        if self.set_catalogue:
            changed = replace(changed, own_catalogue_id=self.own_catalogue_id)
        return changed


@dataclass(frozen=True, slots=True)
class Address:
    """Where goods or bills of an account go."""

    id: str
    external_id: str
    bill_to: bool
    ship_to: bool
    is_default: bool
    name: str | None
    attention: str | None
    street: str | None
    postal_code: str | None
    city: str | None
    region: str | None
    country: str | None
