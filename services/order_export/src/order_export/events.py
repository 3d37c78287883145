"""What order_export publishes: its topics and the public state of orders, exports and feeds."""

from datetime import date, datetime
from typing import Any, Final, Literal

from chassis.models import Money
from chassis.values import Amount, Percent, StockQuantity, UnitPrice
from eventing.topics import EventModel, Kind, Topic


class LineFact(EventModel):
    """The newest answer of the ERP of one kind about a line; the quantity is cumulative."""

    event_id: str
    occurred_at: datetime
    quantity: StockQuantity | None
    unit: str | None
    external_id: str | None
    net_price: UnitPrice | None
    line_amount: Amount | None
    schedules: list[dict[str, Any]] | None
    text: str | None


class OrderLineState(EventModel):
    """A line as placed, beside it what the ERP answered, by kind."""

    id: str
    line_number: int
    product_id: str
    external_id: str
    description: str | None
    unit: str
    quantity: StockQuantity
    price_unit: str
    base_quantity: StockQuantity
    net_price: UnitPrice
    gross_price: UnitPrice | None
    discount_percent: Percent | None
    line_amount: Amount
    tax_group: str | None
    confirmed: dict[str, LineFact] | None
    evidence: dict[str, Any]


class HistoryEntry(EventModel):
    """Something that happened to an order; `erp_event_id` where it happened in the ERP."""

    at: datetime
    kind: str
    erp_event_id: str | None
    details: dict[str, Any] | None


class OrderState(EventModel):
    """The order document."""

    id: str
    order_number: str
    origin: Literal["platform", "erp"]
    source: str
    account_id: str
    account_external_id: str
    placed_by: str | None
    on_behalf_of: str | None
    channel_id: str | None
    ordered_at: datetime
    ordered_on: date
    currency: str
    customer_reference: str | None
    requested_delivery_date: date | None
    status: str
    erp_order_numbers: list[str]
    sell_to: dict[str, Any]
    bill_to: dict[str, Any] | None
    ship_to: dict[str, Any]
    payment_terms: str | None
    delivery_terms: str | None
    tax_status: Literal["by_erp", "calculated"]
    taxes: list[dict[str, Any]]
    charges: list[dict[str, Any]]
    total: Money
    lines: list[OrderLineState]
    history: list[HistoryEntry]


class ExportStep(EventModel):
    """One step of an export."""

    at: datetime
    event: str
    state: str
    attempt: int
    by: str | None
    details: dict[str, Any] | None


class ExportState(EventModel):
    """How far an order is on its way to the ERP."""

    id: str
    order_id: str
    connector: str | None
    kind: Literal["order", "change", "cancellation"]
    sequence: int
    state: str
    attempts: int
    guarantee: str | None
    erp_order_number: str | None
    updated_at: datetime
    evidence: dict[str, Any]


class FeedState(EventModel):
    """The last run of a feed."""

    id: str
    source: str
    resource: str
    scope: str
    run_id: str
    mode: str
    state: str
    counts: dict[str, int]
    data_as_of: datetime | None
    finished_at: datetime | None


ORDER: Final = Topic("orders.order", Kind.STATE, OrderState)
EXPORT: Final = Topic("orders.export", Kind.STATE, ExportState)
FEED: Final = Topic("orders.feed", Kind.STATE, FeedState)

SOURCE: Final = "/kontor/order_export"
TOPICS: Final = (ORDER, EXPORT, FEED)
