"""The rule that picks a price from candidate rows, and can say why each of them won or lost: pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from pricing.prices.models import (
    ONE,
    Break,
    Level,
    Overlap,
    Policy,
    Precedence,
    PricedProduct,
    PriceRow,
    Quote,
    RowKind,
    Status,
    Verdict,
    Wish,
    round_price,
)

_HUNDRED: Final = Decimal(100)

Verdicts = dict[str, Verdict]


class _Option(NamedTuple):
    """A row that counts now, in terms of the asked unit; a break is compared in base units."""

    row: PriceRow
    value: Decimal
    per: Decimal
    minimum: Decimal
    converted: bool

    @property
    def each(self) -> Decimal:
        """The value of one asked unit (of a percentage: itself)."""
        return self.value / self.per


_Groups = dict[RowKind, list[list[_Option]]]
"""By kind, what competes with each other first: the rows of one agreement, the most specific one's first."""


class _Offer(NamedTuple):
    """A way to a net price: a net row, or a gross row with or without a discount row."""

    priced: _Option
    discount: _Option | None
    net: Decimal  # per `priced.per` of the asked unit

    @classmethod
    def of(cls, priced: _Option, discount: _Option | None = None) -> "_Offer":
        """The offer of a row, taking off a discount."""
        value = priced.value
        if discount is not None:
            value = value * (_HUNDRED - discount.value) / _HUNDRED
        return cls(priced, discount, round_price(value))

    @property
    def each(self) -> Decimal:
        """The net price of one asked unit."""
        return self.net / self.priced.per

    @property
    def rank(self) -> tuple[int, bool]:
        """The level of its most specific row; of two on one level a net row comes first."""
        level = self.priced.row.level
        if self.discount is not None:
            level = min(level, self.discount.row.level)
        return level, self.priced.row.kind is not RowKind.NET


def resolve(rows: Sequence[PriceRow], product: PricedProduct, wish: Wish, policy: Policy) -> Quote:
    """The price of the wish. Rows are those of the account's agreements that may be about the product."""
    return _quote(rows, product, wish, policy, None)


def explain(
    rows: Sequence[PriceRow], product: PricedProduct, wish: Wish, policy: Policy
) -> tuple[Quote, Verdicts]:
    """The same, with the verdict on every row by its id."""
    verdicts: Verdicts = {}
    return _quote(rows, product, wish, policy, verdicts), verdicts


def _quote(
    rows: Sequence[PriceRow], product: PricedProduct, wish: Wish, policy: Policy, verdicts: Verdicts | None
) -> Quote:
    options = _options(rows, product, wish, verdicts)
    nothing = Quote(Status.ON_REQUEST, wish.unit, wish.currency)
    factor = product.factor(wish.unit)
    if factor is None:
        return nothing
    groups = _grouped(options)
    quantity = wish.quantity * factor
    offer, gross = _pick(groups, quantity, policy, verdicts)
    per = ONE if offer is None else offer.priced.per
    # Between two breaks the same rows count: what was picked for the quantity holds where its break begins.
    begins = max((option.minimum for option in options if option.minimum <= quantity), default=None)
    offers = {
        minimum: offer if minimum == begins else _pick(groups, minimum, policy, None)[0]
        for minimum in sorted({option.minimum for option in options})
    }
    breaks = _breaks(offers, factor, per)
    if offer is None:
        return nothing._replace(breaks=breaks)
    return Quote(
        status=Status.PRICED,
        unit=wish.unit,
        currency=wish.currency,
        net_price=offer.net,
        gross_price=None if gross is None else round_price(gross.each * per),
        discount_percent=None if offer.discount is None else offer.discount.value,
        base_quantity=per,
        breaks=breaks,
        row=offer.priced.row,
        discount_row=None if offer.discount is None else offer.discount.row,
    )


def _options(
    rows: Sequence[PriceRow], product: PricedProduct, wish: Wish, verdicts: Verdicts | None
) -> list[_Option]:
    """The rows that count: valid then, in the currency, convertible to the asked unit."""
    found = []
    asked = product.factor(wish.unit)
    for row in rows:
        factor = product.factor(row.unit)
        why = _excluded(row, wish, factor is not None and asked is not None)
        if why is None and factor is not None and asked is not None:
            found.append(_option(row, factor, asked, wish.unit, product))
        elif verdicts is not None and why is not None:
            verdicts[row.id] = why
    return found


def _excluded(row: PriceRow, wish: Wish, convertible: bool) -> Verdict | None:
    if row.starts_at is not None and wish.at < row.starts_at:
        return Verdict.NOT_YET_VALID
    if row.ends_at is not None and wish.at >= row.ends_at:
        return Verdict.NO_LONGER_VALID
    # A percentage may be for every currency, a price never.
    if row.currency != wish.currency and (row.currency is not None or row.kind is not RowKind.DISCOUNT):
        return Verdict.OTHER_CURRENCY
    return None if convertible else Verdict.UNIT_NOT_CONVERTIBLE


def _option(
    row: PriceRow, factor: Decimal, asked: Decimal, unit: str | None, product: PricedProduct
) -> _Option:
    minimum = row.min_quantity * factor
    if row.kind is RowKind.DISCOUNT:
        return _Option(row, row.value, ONE, minimum, converted=row.unit not in (None, unit))
    converted = (row.unit or product.base_unit) != (unit or product.base_unit)
    if factor == asked:
        return _Option(row, row.value, row.base_quantity, minimum, converted)
    # A price per box stays exact per piece: it becomes the same price per as many pieces as the box has.
    if asked % factor == 0:
        return _Option(row, row.value * (asked / factor), row.base_quantity, minimum, converted)
    return _Option(row, row.value * asked, row.base_quantity * factor, minimum, converted)


def _grouped(options: Sequence[_Option]) -> _Groups:
    groups: _Groups = {}
    for option in sorted(options, key=_level):
        agreements = groups.setdefault(option.row.kind, [])
        if agreements and _level(agreements[-1][0]) == _level(option):
            agreements[-1].append(option)
        else:
            agreements.append([option])
    return groups


def _level(option: _Option) -> Level:
    return option.row.level


def _pick(
    groups: _Groups, quantity: Decimal, policy: Policy, verdicts: Verdicts | None
) -> tuple[_Offer | None, _Option | None]:
    """The offer that wins for a quantity in base units, and the gross price shown beside it."""
    nets = _of_each_level(groups, RowKind.NET, quantity, policy, verdicts)
    gross = _of_each_level(groups, RowKind.GROSS, quantity, policy, verdicts)
    discounts = _of_each_level(groups, RowKind.DISCOUNT, quantity, policy, verdicts)
    if policy.precedence is Precedence.LOWEST:
        offers = [_Offer.of(option) for option in nets]
        offers += [_Offer.of(option, _highest(discounts)) for option in gross]
        winner = min(offers, key=lambda offer: (offer.each, *offer.rank), default=None)
    else:
        offers = [_Offer.of(option) for option in nets[:1]]
        offers += [_Offer.of(option, discounts[0] if discounts else None) for option in gross[:1]]
        winner = min(offers, key=lambda offer: offer.rank, default=None)
    if verdicts is not None:
        _judge([*nets, *gross, *discounts], winner, policy, verdicts)
    if winner is not None and winner.priced.row.kind is RowKind.GROSS:
        return winner, winner.priced
    return winner, gross[0] if gross else None


def _highest(discounts: Sequence[_Option]) -> _Option | None:
    return max(discounts, key=lambda option: (option.value, -option.row.level), default=None)


def _of_each_level(
    groups: _Groups, kind: RowKind, quantity: Decimal, policy: Policy, verdicts: Verdicts | None
) -> list[_Option]:
    """The best row of a kind in each agreement, the most specific agreement first."""
    found = []
    for mine in groups.get(kind, ()):
        found += _best(mine, quantity, policy, verdicts)
    return found


def _best(
    options: list[_Option], quantity: Decimal, policy: Policy, verdicts: Verdicts | None
) -> list[_Option]:
    """The one row of an agreement and kind that counts for a quantity; none when all ask for more."""
    if len(options) == 1 and options[0].minimum <= quantity:
        return options

    def narrow(kept: Iterable[_Option], why: Verdict) -> None:
        nonlocal options
        chosen = list(kept)
        if verdicts is not None:
            ids = {option.row.id for option in chosen}
            verdicts.update((option.row.id, why) for option in options if option.row.id not in ids)
        options = chosen

    def narrow_to(lowest: Callable[[_Option], Any], why: Verdict) -> None:
        if len(options) > 1:
            target = min(lowest(option) for option in options)
            narrow([option for option in options if lowest(option) == target], why)

    narrow([option for option in options if option.minimum <= quantity], Verdict.QUANTITY_BELOW_MINIMUM)
    if len(options) < 2:
        return options
    narrow_to(lambda option: option.row.aim, Verdict.LESS_SPECIFIC_TARGET)
    narrow_to(lambda option: option.converted, Verdict.OTHER_UNIT)
    if policy.overlap is Overlap.LATEST:
        narrow_to(lambda option: -_day(option.row.valid_from), Verdict.EARLIER_VALID_FROM)
    else:
        narrow_to(_cheapness, Verdict.NOT_THE_LOWEST)
    narrow_to(lambda option: -option.minimum, Verdict.SMALLER_BREAK)
    narrow_to(lambda option: (-option.row.received, option.row.id), Verdict.RECEIVED_EARLIER)
    return options


def _day(day: date | None) -> int:
    return 0 if day is None else day.toordinal()


def _cheapness(option: _Option) -> Decimal:
    return -option.value if option.row.kind is RowKind.DISCOUNT else option.each


def _judge(finalists: Sequence[_Option], winner: _Offer | None, policy: Policy, verdicts: Verdicts) -> None:
    """Says of each agreement's best rows which won, and why the others did not."""
    won = set()
    if winner is not None:
        won = {winner.priced.row.id} | ({winner.discount.row.id} if winner.discount else set())
    for option in finalists:
        verdicts[option.row.id] = Verdict.WON if option.row.id in won else _lost(option, winner, policy)


def _lost(option: _Option, winner: _Offer | None, policy: Policy) -> Verdict:
    if winner is None:
        return Verdict.NO_GROSS_PRICE
    if policy.precedence is Precedence.LOWEST:
        return Verdict.NOT_THE_LOWEST
    net_won = winner.priced.row.kind is RowKind.NET
    if net_won and option.row.kind is not RowKind.NET and option.row.level >= winner.priced.row.level:
        return (
            Verdict.NET_PRICE_PREFERRED
            if option.row.level == winner.priced.row.level
            else Verdict.LESS_SPECIFIC_AGREEMENT
        )
    if net_won and option.row.kind is RowKind.DISCOUNT:
        return Verdict.NO_GROSS_PRICE
    return Verdict.LESS_SPECIFIC_AGREEMENT


def _breaks(offers: Mapping[Decimal, _Offer | None], factor: Decimal, per: Decimal) -> tuple[Break, ...]:
    """The net price from each quantity on at which it changes, per `per` of the asked unit.

    `offers`: what wins from each minimum on, in base units, the smallest first.
    """
    found: list[Break] = []
    for minimum, offer in offers.items():
        if offer is None:
            continue
        net = offer.net if offer.priced.per == per else round_price(offer.each * per)
        if not found or found[-1].net_price != net:
            found.append(Break(round_price(minimum / factor), net))
    return tuple(found)
