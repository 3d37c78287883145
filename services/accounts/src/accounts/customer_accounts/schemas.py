"""Accounts and addresses on the wire."""

from dataclasses import asdict
from datetime import datetime

from accounts.blocks import Block
from accounts.customer_accounts.models import AccountChange, Address, CustomerAccount
from accounts.customer_accounts.service import AccountWithAddresses
from chassis.models import Answer, StrictModel
from chassis.values import Identifier


class AddressOut(Answer):
    """An address of an account."""

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

    @classmethod
    def of(cls, address: Address) -> "AddressOut":
        """The wire form of an address."""
        return cls(**asdict(address))


class AccountOut(Answer):
    """A customer account as staff see it."""

    id: str
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
    block: Block
    own_catalogue_id: str | None
    catalogue_id: str | None
    placeholder: bool
    created_at: datetime

    @classmethod
    def of(cls, account: CustomerAccount) -> "AccountOut":
        """The wire form of an account."""
        return cls(**{name: getattr(account, name) for name in cls.model_fields})


class AccountDetail(AccountOut):
    """A customer account with its addresses."""

    addresses: list[AddressOut]

    @classmethod
    def with_addresses(cls, found: AccountWithAddresses) -> "AccountDetail":
        """The wire form of an account with addresses."""
        fields = {name: getattr(found.account, name) for name in AccountOut.model_fields}
        return cls(**fields, addresses=[AddressOut.of(address) for address in found.addresses])


class AccountPatch(StrictModel):
    """What staff may change of an account; absent fields stay, a null catalogue gives the group's."""

    platform_block: Block | None = None
    own_catalogue_id: Identifier | None = None

    def change(self) -> AccountChange:
        """The change asked for."""
        return AccountChange(
            self.platform_block, "own_catalogue_id" in self.model_fields_set, self.own_catalogue_id
        )


class OrderingContext(Answer):
    """What placing an order needs to know of an account."""

    account_id: str
    source: str
    external_id: str
    number: str | None
    name: str | None
    country: str | None
    block: Block
    currency: str | None
    tax_group: str | None
    payment_terms: str | None
    delivery_terms: str | None
    addresses: list[AddressOut]
    default_ship_to_id: str | None
    bill_to_id: str | None

    @classmethod
    def of(cls, found: AccountWithAddresses) -> "OrderingContext":
        """The wire form for the order service."""
        account = found.account
        ship_to, bill_to = found.default_ship_to, found.default_bill_to
        return cls(
            account_id=account.id,
            **{name: getattr(account, name) for name in _COPIED},
            addresses=[AddressOut.of(address) for address in found.addresses],
            default_ship_to_id=ship_to.id if ship_to else None,
            bill_to_id=bill_to.id if bill_to else None,
        )


_COPIED = (
    "source",
    "external_id",
    "number",
    "name",
    "country",
    "block",
    "currency",
    "tax_group",
    "payment_terms",
    "delivery_terms",
)
