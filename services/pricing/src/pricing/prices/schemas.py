"""Prices on the wire."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.models import Answer, StrictModel
from chassis.values import ExternalKey, Identifier, Line, Moment, Quantity, plain
from pricing.prices.models import Overlap, Precedence, PriceRow, Quote, RowKind, Status, Verdict
from pricing.prices.service import Asked, Explanation

_AIMS = ("product", "discount_group", "all")
_LEVELS = ("account", "price_group", "all")


class PriceAsked(StrictModel):
    """A product whose price is wanted; without a unit the usual one, without a quantity one of it."""

    product_id: Identifier
    unit: Line | None = None
    quantity: Quantity | None = None

    def asked(self) -> Asked:
        """The question."""
        return Asked(self.product_id, self.unit, self.quantity)


class PricesQuestion(StrictModel):
    """What catalog's readers ask; account and time only by staff and machines."""

    items: Annotated[list[PriceAsked], Field(max_length=1000)]
    account_id: Identifier | None = None
    at: Moment | None = None


class AccountPricesQuestion(StrictModel):
    """Prices of one account, as they were at a moment or are now."""

    account_id: Identifier
    items: Annotated[list[PriceAsked], Field(min_length=1, max_length=1000)]
    at: Moment | None = None


class KeyedPriceAsked(StrictModel):
    """A product by the ERP's key whose price is wanted."""

    external_id: ExternalKey
    unit: Line | None = None
    quantity: Quantity | None = None


class KeyedPricesQuestion(StrictModel):
    """Prices of one account by the ERP's keys, as they were at a moment or are now."""

    account_external_id: ExternalKey
    items: Annotated[list[KeyedPriceAsked], Field(min_length=1, max_length=1000)]
    at: Moment | None = None


class PriceBreak(Answer):
    """From this quantity on, this net price."""

    min_quantity: str
    net_price: str


class Price(BaseModel):
    """A price per `base_quantity` of `unit`. Of a hidden price nothing but its status is there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Status
    net_price: str | None = None
    gross_price: str | None = None
    discount_percent: str | None = None
    base_quantity: str | None = None
    unit: str | None = None
    currency: str | None = None
    price_breaks: list[PriceBreak] = []


class PriceEvidence(Answer):
    """The rows a price came from, for the order that rests on it."""

    price_row_id: str
    agreement: dict[str, str]
    kind: RowKind
    source: str
    import_run_id: str | None
    line_number: int | None
    discount: dict[str, Any] | None


class PricedItem(BaseModel):
    """The answer to one item of the question."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    product_id: str | None
    external_id: str | None = None
    unit: str | None
    quantity: str
    price: Price
    evidence: PriceEvidence | None = None


class PricesAnswer(Answer):
    """One item per item of the question, in its order."""

    items: list[PricedItem]


HIDDEN: Mapping[str, Any] = {"status": Status.HIDDEN.value}


def price_json(quote: Quote) -> dict[str, Any]:
    """A quote as the contract's Price: plain values, so that the answer is dumped without models."""
    return {
        "status": quote.status.value,
        "net_price": _text(quote.net_price),
        "gross_price": _text(quote.gross_price),
        "discount_percent": _text(quote.discount_percent),
        "base_quantity": _text(quote.base_quantity),
        "unit": quote.unit,
        "currency": quote.currency,
        "price_breaks": [
            {"min_quantity": plain(entry.min_quantity), "net_price": plain(entry.net_price)}
            for entry in quote.breaks
        ],
    }


def evidence_json(quote: Quote) -> dict[str, Any] | None:
    """The rows behind a quote, None without a price."""
    if quote.row is None:
        return None
    return {
        **_row_evidence(quote.row),
        "kind": quote.row.kind.value,
        "discount": None if quote.discount_row is None else _row_evidence(quote.discount_row),
    }


def _row_evidence(row: PriceRow) -> dict[str, Any]:
    return {
        "price_row_id": row.id,
        "agreement": {"id": row.agreement_id, "type": _LEVELS[row.level], "external_id": row.applies_to},
        "source": row.source,
        "import_run_id": row.run_id,
        "line_number": row.line_number,
    }


def _text(value: Any) -> str | None:
    return None if value is None else plain(value)


class AppliesTo(Answer):
    """Whom a row is for."""

    type: Literal["account", "price_group", "all"]
    external_id: str | None


class CandidateOut(Answer):
    """A row that might have decided the price, and why it did or did not."""

    id: str
    verdict: Verdict
    applies_to: AppliesTo
    target_type: Literal["product", "discount_group", "all"]
    kind: RowKind
    value: str
    unit: str | None
    currency: str | None
    base_quantity: str
    min_quantity: str
    valid_from: date | None
    starts_at: Moment | None
    ends_at: Moment | None
    source: str
    import_run_id: str | None
    line_number: int | None

    @classmethod
    def of(cls, row: PriceRow, verdict: Verdict) -> "CandidateOut":
        """The wire form of a judged row."""
        return cls(
            id=row.id,
            verdict=verdict,
            applies_to=AppliesTo(type=_LEVELS[row.level], external_id=row.applies_to or None),
            target_type=_AIMS[row.aim],
            kind=row.kind,
            value=plain(row.value),
            unit=row.unit,
            currency=row.currency,
            base_quantity=plain(row.base_quantity),
            min_quantity=plain(row.min_quantity),
            valid_from=row.valid_from,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            source=row.source,
            import_run_id=row.run_id,
            line_number=row.line_number,
        )


class ExplanationOut(Answer):
    """A price, the policy it followed, and every row that was looked at."""

    price: Price
    quantity: str
    precedence: Precedence
    overlap: Overlap
    candidates: list[CandidateOut]

    @classmethod
    def of(cls, found: Explanation) -> "ExplanationOut":
        """The wire form of an explanation."""
        return cls(
            price=Price.model_validate(price_json(found.quote)),
            quantity=plain(found.quantity),
            precedence=found.policy.precedence,
            overlap=found.policy.overlap,
            candidates=[CandidateOut.of(row, verdict) for row, verdict in found.candidates],
        )


class PriceRowOut(Answer):
    """A price row as the ERP sent it; `resolved` says whether its product is known."""

    id: str
    source: str
    applies_to: AppliesTo
    target_type: str
    target_external_id: str | None
    resolved: bool
    kind: RowKind
    value: str
    unit: str | None
    currency: str | None
    base_quantity: str
    min_quantity: str
    valid_from: date | None
    valid_to: date | None
    import_run_id: str | None
    line_number: int | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "PriceRowOut":
        """The wire form of a row."""
        same = ("id", "source", "target_type", "target_external_id", "kind", "unit", "currency")
        return cls(
            **{name: row[name] for name in same},
            applies_to=AppliesTo(type=row["applies_to_type"], external_id=row["applies_to"] or None),
            resolved=row["target_id"] is not None,
            value=plain(row["value"]),
            base_quantity=plain(row["base_quantity"]),
            min_quantity=plain(row["min_quantity"]),
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            import_run_id=row["run_id"],
            line_number=row["line_number"],
        )
