"""The one table of an acceptance run, and what it means for the exit code. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from tests.acceptance.apart import Amount
from tests.acceptance.price_check import PriceCheck
from tests.acceptance.reconciliation import LEVELS, Reconciliation, Side

_SHOWN: Final = 20  # differences told in words; the rest is a number
_WIDTH: Final = 54


@dataclass
class Report:
    """Everything that was found out. `checks` has differences by what was checked: all must be empty."""

    name: str
    days: Sequence[date] = ()
    days_in_all: int = 0
    imported: Mapping[str, int] = field(default_factory=dict)
    prices: PriceCheck | None = None
    sides: Sequence[Side] = ()
    reconciliation: Reconciliation = field(default_factory=Reconciliation)
    checks: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    played: dict[str, int] = field(default_factory=dict)
    apart: Sequence[Amount] = ()
    rounding: Decimal = Decimal(0)
    times: Mapping[str, float] = field(default_factory=dict)

    @property
    def differences(self) -> list[str]:
        """Every difference that nothing explains."""
        prices = [] if self.prices is None else self.prices.differences
        reconciled = [text for level in LEVELS for text in self.reconciliation.differences[level]]
        return [*prices, *reconciled, *(text for _, found in self.checks.values() for text in found)]

    @property
    def exit_code(self) -> int:
        """0 without a difference, else 1."""
        return 1 if self.differences else 0

    def table(self) -> str:
        """The table as text."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"Acceptance of {self.name}"
        yield from self._section("Imported, from an empty platform", self._imports())
        if self.prices is not None:
            yield from self._section("Prices at the time of each sale", self._prices(self.prices))
        days = f"{len(self.days)} of {self.days_in_all}: {', '.join(map(str, self.days))}"
        yield from self._section(f"Days replayed, {days}", self._plays())
        yield from self._section("The sums of the replay", self._sums())
        yield from self._section("Compared", self._compared())
        yield from self._section("Apart from all sums", self._apart())
        yield from self._section(
            "Seconds", (_row(name, f"{value:,.1f}") for name, value in self.times.items())
        )
        differences = self.differences
        yield ""
        yield f"{len(differences)} differences"
        yield from (f"  {text}" for text in differences[:_SHOWN])
        if len(differences) > _SHOWN:
            yield f"  … and {len(differences) - _SHOWN} more"

    @staticmethod
    def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
        yield ""
        yield title
        yield from lines

    def _imports(self) -> Iterator[str]:
        yield from (_row(name, f"{count:,}") for name, count in self.imported.items())

    def _plays(self) -> Iterator[str]:
        yield from (_row(name, f"{count:,}") for name, count in self.played.items())

    @staticmethod
    def _prices(check: PriceCheck) -> Iterator[str]:
        speed = check.calls / check.seconds if check.seconds else 0.0
        named = len(check.exceptions) + len(check.free)
        yield _row("sale lines asked", f"{check.lines:,} of {check.lines_in_all:,}")
        yield _row("calls", f"{check.calls:,} in {check.seconds:,.1f} s, {speed:,.0f}/s")
        yield _row("as really paid", f"{check.lines - named - len(check.differences):,}")
        yield _row("differences", f"{len(check.differences):,}")
        yield _row("exceptions that the source names", f"{len(check.exceptions):,}")
        yield from (f"    {name}" for name in sorted(check.exceptions))
        yield _row("given free, without a price of 0 in the source", f"{len(check.free):,}")
        yield from (f"    {name}" for name in sorted(check.free))

    def _sums(self) -> Iterator[str]:
        yield f"  {'':<12}" + "".join(f"{side.name:>18}" for side in self.sides)
        totals = [side.total for side in self.sides]
        yield f"  {'orders':<12}" + "".join(f"{total.orders:>18,}" for total in totals)
        yield f"  {'lines':<12}" + "".join(f"{total.lines:>18,}" for total in totals)
        yield f"  {'units':<12}" + "".join(f"{total.units:>18,f}" for total in totals)
        yield f"  {'money':<12}" + "".join(f"{total.money:>18,.2f}" for total in totals)

    def _compared(self) -> Iterator[str]:
        found = self.reconciliation
        for level in LEVELS:
            count = found.compared.get(level, 0)
            yield _row(f"per {level}", f"{count:,} on {len(self.sides)} sides", len(found.differences[level]))
        for name, (what, differences) in self.checks.items():
            yield _row(name, what, len(differences))

    def _apart(self) -> Iterator[str]:
        for amount in self.apart:
            yield _row(amount.name, f"{amount.lines:,} lines {amount.exact:>14,.3f}")
        yield _row("rounding of lines to the minor unit", f"{self.rounding:,.3f}")


def _row(name: str, value: str, differences: int | None = None) -> str:
    told = "" if differences is None else f"{differences:>8,} differences"
    return f"  {name:<{_WIDTH}}{value:>26}{told}"
