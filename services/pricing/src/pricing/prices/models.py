"""Price rows, what is asked of them and what comes out: pure values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum, StrEnum
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

_SIX: Final = Decimal("0.000001")
ONE: Final = Decimal(1)


class Level(IntEnum):
    """Where an agreement stands: the smaller, the more specific."""

    ACCOUNT = 0
    PRICE_GROUP = 1
    ALL = 2


class Aim(IntEnum):
    """What a row is about: the smaller, the more specific."""

    PRODUCT = 0
    DISCOUNT_GROUP = 1
    ALL = 2


class RowKind(StrEnum):
    """What a row's value is."""

    GROSS = "gross"
    NET = "net"
    DISCOUNT = "discount_percent"


class Precedence(StrEnum):
    """Which agreement wins where several have a price."""

    MOST_SPECIFIC = "most_specific"
    LOWEST = "lowest"


class Overlap(StrEnum):
    """Which row of one agreement wins where several are valid at once."""

    LATEST = "latest"
    LOWEST = "lowest"


class Status(StrEnum):
    """What can be said about a price."""

    PRICED = "priced"
    ON_REQUEST = "on_request"
    UNAVAILABLE = "unavailable"
    HIDDEN = "hidden"


class Verdict(StrEnum):
    """What became of a candidate: it won, or why it lost."""

    WON = "won"
    NOT_YET_VALID = "not_yet_valid"
    NO_LONGER_VALID = "no_longer_valid"
    OTHER_CURRENCY = "other_currency"
    UNIT_NOT_CONVERTIBLE = "unit_not_convertible"
    QUANTITY_BELOW_MINIMUM = "quantity_below_minimum"
    LESS_SPECIFIC_TARGET = "less_specific_target"
    OTHER_UNIT = "other_unit"
    EARLIER_VALID_FROM = "earlier_valid_from"
    NOT_THE_LOWEST = "not_the_lowest"
    SMALLER_BREAK = "smaller_break"
    RECEIVED_EARLIER = "received_earlier"
    LESS_SPECIFIC_AGREEMENT = "less_specific_agreement"
    NET_PRICE_PREFERRED = "net_price_preferred"
    NO_GROSS_PRICE = "no_gross_price"


@dataclass(frozen=True, slots=True)
class Policy:
    """How the wholesaler wants prices picked."""

    precedence: Precedence = Precedence.MOST_SPECIFIC
    overlap: Overlap = Overlap.LATEST


# Named tuples where a page makes dozens: a frozen dataclass sets its fields one by one.
class PricedProduct(NamedTuple):
    """What pricing needs of a product; `units` says how many base units one of a packaging is."""

    id: str
    base_unit: str | None
    sales_unit: str | None
    units: Mapping[str, Decimal]

    def factor(self, unit: str | None) -> Decimal | None:
        """Base units in one `unit` (None is the base unit); None when the product has no such unit."""
        if unit is None or unit == self.base_unit:
            return ONE
        return self.units.get(unit)

    @property
    def usual_unit(self) -> str | None:
        """The unit it is sold in where nobody says another."""
        return self.sales_unit or self.base_unit


class PriceRow(NamedTuple):
    """One row that may decide the price of one product.

    `unit` None is the product's base unit, and for a percentage any unit. `currency` None (percentages only)
    is every currency. The period is half-open; None leaves its end open.
    """

    id: str
    level: Level
    aim: Aim
    kind: RowKind
    unit: str | None
    currency: str | None
    base_quantity: Decimal
    min_quantity: Decimal
    valid_from: date | None
    starts_at: datetime | None
    ends_at: datetime | None
    value: Decimal
    received: int
    source: str
    agreement_id: str
    applies_to: str
    run_id: str | None
    line_number: int | None


class Wish(NamedTuple):
    """What somebody wants to know: `quantity` in `unit`, paid in `currency`, at a moment."""

    quantity: Decimal
    unit: str | None
    currency: str | None
    at: datetime


class Break(NamedTuple):
    """From this quantity (of the asked unit) on, the net price per the quote's base quantity."""

    min_quantity: Decimal
    net_price: Decimal


class Quote(NamedTuple):
    """The price of a quantity of one product, and the rows it came from.

    Prices are per `base_quantity` of `unit`. Without a price only status, unit, currency and breaks say
    something.
    """

    status: Status
    unit: str | None
    currency: str | None
    net_price: Decimal | None = None
    gross_price: Decimal | None = None
    discount_percent: Decimal | None = None
    base_quantity: Decimal | None = None
    breaks: tuple[Break, ...] = ()
    row: PriceRow | None = None
    discount_row: PriceRow | None = None


def round_price(value: Decimal) -> Decimal:
    """A unit price as it is kept: six decimals, half-up."""
    return value.quantize(_SIX, rounding=ROUND_HALF_UP)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The moment a local day begins. PostgreSQL's `day::timestamp AT TIME ZONE zone` says the same."""
    return datetime.combine(day, time(), tzinfo=zone)


def period(
    valid_from: date | None, valid_to: date | None, zone: ZoneInfo
) -> tuple[datetime | None, datetime | None]:
    """The half-open period of a row valid from one local day to another, both included."""
    ends = None if valid_to is None else start_of(valid_to + timedelta(days=1), zone)
    return (None if valid_from is None else start_of(valid_from, zone)), ends


@dataclass(frozen=True, slots=True)
class PriceFilter:
    """Which rows somebody wants to see; None is no condition."""

    applies_to_type: str | None = None
    applies_to: str | None = None
    target: str | None = None
    unresolved: bool | None = None
