"""What a benchmark found: lines with a figure and its ratio to a reference, a table and a JSON file."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Line:
    """One measured figure beside that of a bare reference measured in the same run.

    `ratio` is 1 where both are equal and smaller where ours is worse, whatever the unit counts.
    `expected` is the ratio that performance asks for; it is shown, never asserted.
    """

    name: str
    figure: float
    unit: str
    reference: float | None = None
    expected: float | None = None
    less_is_better: bool = False
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How ours stands to the reference; None without one."""
        if not self.reference or not self.figure:
            return None
        return self.reference / self.figure if self.less_is_better else self.figure / self.reference


def report(machine: Mapping[str, Any], lines: Sequence[Line]) -> dict[str, Any]:
    """Everything a later run can be compared with, as JSON values."""
    return {**machine, "lines": [{**asdict(line), "ratio": line.ratio} for line in lines]}


def write(folder: Path, machine: Mapping[str, Any], lines: Sequence[Line]) -> None:
    """Writes `bench.json` and `bench.txt`, and the same under the time of the run."""
    folder.mkdir(parents=True, exist_ok=True)
    stamp = str(machine["at"]).replace(":", "")
    document = json.dumps(report(machine, lines), indent=2) + "\n"
    for name in ("bench", f"bench-{stamp}"):
        (folder / f"{name}.json").write_text(document)
        with (folder / f"{name}.txt").open("w") as sink:
            show(Console(file=sink, width=150), machine, lines)


def show(console: Console, machine: Mapping[str, Any], lines: Iterable[Line]) -> None:
    """The table as people read it."""
    table = Table(title="Kontor, measured", title_justify="left", box=None, pad_edge=False)
    table.add_column("what")
    for heading in ("figure", "unit", "reference", "ratio", "expected"):
        table.add_column(heading, justify="left" if heading == "unit" else "right")
    table.add_column("note")
    for line in lines:
        expected = "" if line.expected is None else f"≥ {line.expected:g}"
        ratio = "" if line.ratio is None else f"{line.ratio:.2f}"
        table.add_row(
            line.name, _figure(line.figure), line.unit, _figure(line.reference), ratio, expected, line.note
        )
    console.print(table)
    hardware = f"{machine['cores']} cores, {machine['memory_gib']:.0f} GiB, {machine['cpu']}"
    console.print(f"\n{machine['at']} · {hardware} · load {machine['load']}", highlight=False)
    versions = machine["versions"]
    console.print(" · ".join(f"{name} {version}" for name, version in versions.items()), highlight=False)


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:,.3g}"
