"""`make bench`: measures the running platform beside bare references; writes a table and a JSON file.

    python -m tests.load.bench [subject …] [--state FOLDER]

Each subject is a function that measures and returns lines. They run in the order of SUBJECTS on one
platform: what only reads comes first, imports and what they leave behind last.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from local_stack.problems import StackError
from local_stack.state import REPOSITORY
from tests.load import browsing, footprint, imports, ordering, results, spreading
from tests.load.machine import machine
from tests.load.platform import Bench, bench
from tests.load.results import Line

Subject = Callable[[Bench], Awaitable[Sequence[Line]]]

SUBJECTS: Final[Mapping[str, Subject]] = {
    "start_up": footprint.start_up,
    "list_page": browsing.list_page,
    "product": browsing.product,
    "search": browsing.search,
    "order": ordering.order,
    "visible": spreading.visible,
    "imports": imports.imports,
    "memory": footprint.memory,
}


async def measure(folder: Path, names: Sequence[str], console: Console) -> None:
    """Runs the subjects; what was measured before one failed is written all the same."""
    lines: list[Line] = []
    async with bench(folder, lambda text: console.print(text, highlight=False, markup=False)) as found:
        described = await machine(found.postgres_url)
        try:
            for name in names:
                console.print(f"── {name}", highlight=False)
                lines += await SUBJECTS[name](found)
        finally:
            if lines:
                results.write(REPOSITORY / ".bench", described, lines)
                results.show(console, described, lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the platform.")
    parser.add_argument("subjects", nargs="*", metavar="subject", help=f"of {', '.join(SUBJECTS)}; else all")
    parser.add_argument("--state", type=Path, help="keep the loaded data in this folder and use it again")
    options = parser.parse_args()
    unknown = sorted(set(options.subjects) - set(SUBJECTS))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}")
    return options


def main() -> int:
    """Parses options, measures, says what stood in the way."""
    options, console = _options(), Console(width=150)
    names = [name for name in SUBJECTS if name in options.subjects or not options.subjects]
    try:
        if options.state is not None:
            options.state.mkdir(parents=True, exist_ok=True)
            asyncio.run(measure(options.state.resolve(), names, console))
        else:
            with tempfile.TemporaryDirectory(prefix="kontor-bench-") as folder:
                # PostgreSQL may run as another user, who has to get in.
                Path(folder).chmod(0o755)
                asyncio.run(measure(Path(folder), names, console))
    except StackError as problem:
        console.print(f"\n{problem}", style="red", markup=False, highlight=False)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
