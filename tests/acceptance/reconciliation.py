"""Whether four sides tell the same trade: the source, the order service, the ERP and analytics. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from tests.acceptance.answers import Facts

ORDER, CUSTOMER, PRODUCT = "order", "customer", "product"
LEVELS: Final = (ORDER, CUSTOMER, PRODUCT)
SOURCE: Final = "source"


@dataclass(frozen=True, slots=True, order=True)
class OrderLine:
    """A line as one side has it."""

    sku: str
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PlayedOrder:
    """An order as one side has it; `reference` is the source's number."""

    reference: str
    customer: str
    lines: tuple[OrderLine, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """What was ordered, added up."""

    orders: int = 0
    lines: int = 0
    units: Decimal = Decimal(0)
    money: Decimal = Decimal(0)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.orders + other.orders,
            self.lines + other.lines,
            self.units + other.units,
            self.money + other.money,
        )

    def __str__(self) -> str:
        return f"{self.orders} orders, {self.lines} lines, {self.units.normalize():f} units, {self.money}"


Tallies = Mapping[str, Mapping[str, Tally]]  # by level, then by the source's key


@dataclass(frozen=True)
class Side:
    """One side: its sums by order, customer and product; `orders` where it knows them line by line."""

    name: str
    tallies: Tallies
    orders: Sequence[PlayedOrder] | None = None

    @classmethod
    def of_orders(cls, name: str, orders: Sequence[PlayedOrder]) -> "Side":
        """A side that has the orders themselves."""
        return cls(name, tallies_of(orders), orders)

    @property
    def total(self) -> Tally:
        """All of it."""
        return sum(self.tallies[ORDER].values(), Tally())


@dataclass
class Reconciliation:
    """How many sums were compared per level, and every difference in words."""

    compared: dict[str, int] = field(default_factory=dict)
    differences: dict[str, list[str]] = field(default_factory=lambda: {level: [] for level in LEVELS})

    @property
    def count(self) -> int:
        """How many differences there are."""
        return sum(map(len, self.differences.values()))


def tallies_of(orders: Iterable[PlayedOrder]) -> Tallies:
    """Adds orders up. An order counts once for each product in it, as analytics counts."""
    found: dict[str, dict[str, Tally]] = {level: defaultdict(Tally) for level in LEVELS}
    for order in orders:
        whole = _tally(order.lines)
        found[ORDER][order.reference] += whole
        found[CUSTOMER][order.customer] += whole
        for sku in sorted({line.sku for line in order.lines}):
            found[PRODUCT][sku] += _tally([line for line in order.lines if line.sku == sku])
    return found


def _tally(lines: Sequence[OrderLine]) -> Tally:
    units = sum((line.quantity for line in lines), Decimal(0))
    return Tally(1, len(lines), units, sum((line.amount for line in lines), Decimal(0)))


def reconcile(source: Side, others: Sequence[Side]) -> Reconciliation:
    """Compares every side with the source: each sum of each level, and each order line by line."""
    found = Reconciliation()
    for level in LEVELS:
        keys = set(source.tallies[level])
        for side in others:
            keys |= set(side.tallies[level])
        found.compared[level] = len(keys)
        for key in sorted(keys):
            expected = source.tallies[level].get(key, Tally())
            for side in others:
                actual = side.tallies[level].get(key, Tally())
                if actual != expected:
                    found.differences[level].append(
                        f"{level} {key}: {source.name} {expected}; {side.name} {actual}"
                    )
    for side in others:
        if side.orders is not None:
            found.differences[ORDER] += _line_differences(source.orders or (), side.orders, side.name)
    return found


def _line_differences(expected: Sequence[PlayedOrder], actual: Sequence[PlayedOrder], name: str) -> list[str]:
    """Orders whose sums may agree and whose customer or lines do not."""
    differences = []
    present = {order.reference: order for order in actual}
    for order in expected:
        other = present.get(order.reference)
        if other is None:
            continue  # its sums have already told
        if other.customer != order.customer:
            differences.append(f"order {order.reference}: {name} has it for customer {other.customer}")
        missing = Counter(order.lines) - Counter(other.lines)
        foreign = Counter(other.lines) - Counter(order.lines)
        for line in sorted(missing):
            differences.append(f"order {order.reference}: {name} lacks {_told(line)}")
        for line in sorted(foreign):
            differences.append(f"order {order.reference}: {name} has {_told(line)} too much")
    return differences


def _told(line: OrderLine) -> str:
    return f"{line.quantity.normalize():f} × {line.sku} for {line.amount}"


def answer_differences(sent: Mapping[str, Facts], shown: Mapping[str, Facts]) -> list[str]:
    """Per order what the ERP answered last, and what the order service shows of it otherwise."""
    return [
        f"order {reference}: the ERP answered {_facts(sent.get(reference, {}), shown.get(reference, {}))}"
        for reference in sorted(sent.keys() | shown.keys())
        if sent.get(reference, {}) != shown.get(reference, {})
    ]


def _facts(sent: Facts, shown: Facts) -> str:
    return f"{_beyond(sent, shown)}, shown {_beyond(shown, sent)}"


def _beyond(facts: Facts, others: Facts) -> list[str]:
    return [
        f"line {number} {kind} {fact[0]}"
        for (number, kind), fact in facts.items()
        if others.get((number, kind)) != fact
    ]
