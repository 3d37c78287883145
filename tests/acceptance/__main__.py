"""`make acceptance DATA=<directory>`: from an empty platform to a table of zeros, or a difference."""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from local_stack.problems import StackError
from local_stack.state import REPOSITORY
from testkit.runs import close_run, open_run
from testkit.servers import NoServerError, OwnServers
from tests.acceptance import figures, source_sums
from tests.acceptance.apart import apart_of, rounding
from tests.acceptance.books import Booking
from tests.acceptance.erp_crew import Crew, working
from tests.acceptance.feeding import Wholesaler
from tests.acceptance.price_check import PriceCheck, check_prices, lines_of, sales_of, sample
from tests.acceptance.reconciliation import answer_differences, reconcile
from tests.acceptance.replay import Replay
from tests.acceptance.report import Report
from tests.acceptance.trade import Trade, WrongShapeError
from tests.support.system import System, given, running

UNUSABLE: Final = 2  # the exit code when there is nothing to accept
_SHORT_LINES: Final = 15_000


@dataclass(frozen=True)
class Options:
    """What is asked for."""

    data: str
    days: int
    price_lines: int | None
    seed: int
    time_zone: ZoneInfo


def main() -> int:
    """Runs it; 0 without a difference, 1 with one, 2 without usable data or servers."""
    options = _options()
    began = time.perf_counter()
    try:
        if not options.data:
            raise WrongShapeError("Say which data: make acceptance DATA=<directory>.")
        trade = Trade.read(Path(options.data))
        if not trade.busiest_days(options.days):
            raise WrongShapeError(f"{options.data} has no order of a known customer.")
        report = asyncio.run(_stoppable(options, trade))
    except (WrongShapeError, NoServerError, StackError) as unusable:
        _say(str(unusable))
        return UNUSABLE
    report.times = {**report.times, "in all": time.perf_counter() - began}
    _say("\n" + report.table())
    return report.exit_code


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance", description=__doc__)
    parser.add_argument("data", nargs="?", default="", help="a directory of the shape of online-retail")
    parser.add_argument("--days", type=int, default=5, help="replay the busiest N days")
    parser.add_argument("--price-lines", type=int, help="ask for about so many lines only, drawn by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--time-zone", type=ZoneInfo, default=ZoneInfo("Europe/London"), help="of the source")
    parser.add_argument("--short", action="store_true", help=f"one day, {_SHORT_LINES:,} price lines")
    told = parser.parse_args()
    if told.days < 1:
        parser.error("--days is 1 or more")
    days, lines = (1, _SHORT_LINES) if told.short else (told.days, told.price_lines)
    return Options(told.data, days, lines, told.seed, told.time_zone)


async def _stoppable(options: Options, trade: Trade) -> Report:
    """SIGTERM stops everything in order, as Ctrl-C does."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    home = open_run()
    servers = OwnServers(REPOSITORY / "deploy/kafka", home, durable=True)
    settings = {"KONTOR_TIME_ZONE": options.time_zone.key}
    with tempfile.TemporaryDirectory(prefix="kontor-acceptance-") as folder:
        try:
            began = time.perf_counter()
            address = await asyncio.to_thread(servers.postgres_url)
            async with running(Path(folder), address, given(settings)) as system:
                _say(f"The platform is up after {time.perf_counter() - began:.0f} s, empty.")
                return await _accept(options, trade, system)
        finally:
            await asyncio.to_thread(servers.stop)
            close_run(home)


async def _accept(options: Options, trade: Trade, system: System) -> Report:
    days = trade.busiest_days(options.days)
    report = Report(
        trade.folder.name, days, len({order.day for order in trade.documents if order.is_playable})
    )
    compared, differences = source_sums.compare(trade)
    report.checks["documents read, against the source's sums"] = (f"{sum(compared.values()):,}", differences)
    wholesaler = await Wholesaler.connect(system, trade)
    await wholesaler.feed_everything()
    report.imported, report.times = wholesaler.counts, wholesaler.times
    report.checks["imported rows"] = (f"{sum(wholesaler.counts.values()):,}", _imports(wholesaler))
    _say(f"Imported {wholesaler.counts}.")
    with wholesaler.timed("ask for prices"):
        report.prices = await _prices(options, wholesaler)
    _say(f"Asked for the prices of {report.prices.lines:,} sale lines.")
    await wholesaler.open_assortment()
    customers = sorted({order.customer for day in days for order in trade.orders_of(day)})
    with wholesaler.timed("invite users and log them in"):
        await wholesaler.welcome(customers)
    _say(f"{len(customers)} users of as many customers logged in.")
    replay = Replay(wholesaler, options.seed)
    books = system.stack.folder / "erp-books.sqlite"
    async with working(wholesaler, books, options.seed) as crew:
        for day in days:
            await replay.play_day(day)
            _say(f"{day}: {len(replay.receipts):,} orders placed so far.")
        with wholesaler.timed("until the ERP has answered all"):
            await crew.drain(len(replay.receipts))
            exports = await figures.wait_for_answers(wholesaler)
    with wholesaler.timed("read and compare"):
        await _reconcile(report, wholesaler, replay, crew, exports)
    return report


async def _prices(options: Options, wholesaler: Wholesaler) -> PriceCheck:
    sales = sales_of(wholesaler.trade)
    every = lines_of(sales)
    if options.price_lines is not None:
        sales = sample(wholesaler.trade, sales, options.price_lines, options.seed)
    return await check_prices(wholesaler.machine, wholesaler.trade, options.time_zone, sales, every)


def _imports(wholesaler: Wholesaler) -> list[str]:
    trade = wholesaler.trade
    expected = {
        "customers": len(trade.customers),
        "products": len(trade.products),
        "customer prices": len(trade.product_prices),
    }
    return [
        f"{count} {name} in the source, {wholesaler.counts[name]} created"
        for name, count in expected.items()
        if wholesaler.counts[name] != count
    ]


async def _reconcile(
    report: Report, wholesaler: Wholesaler, replay: Replay, crew: Crew, exports: dict[str, int]
) -> None:
    bookings = crew.books.all()
    documents, problems = await figures.read_orders(wholesaler)
    source = figures.source_side(replay.plays)
    others = [figures.order_side(documents), figures.erp_side(bookings)]
    others.append(await figures.analytics_side(wholesaler, documents, source.total))
    report.sides = [source, *others]
    report.reconciliation = reconcile(source, others)
    sent, shown = figures.facts_sent(bookings), figures.facts_shown(documents)
    facts = sum(map(len, sent.values()))
    numbers = {booking.order["order_number"]: booking.erp_number for booking in bookings}
    report.checks |= {
        "answers of the platform while playing": (f"{replay.submissions:,} submissions", replay.problems),
        "orders as users and staff read them": (f"{len(documents):,}", problems),
        "the ERP's answers as users read them": (f"{facts:,} facts", answer_differences(sent, shown)),
        "the ERP's numbers": (f"{len(numbers):,}", figures.number_differences(documents, numbers)),
        "deaths of an ERP worker after booking": (f"{crew.deaths:,}", _not_offered_again(bookings, crew)),
        "exports acknowledged": (f"{exports.get('ACKNOWLEDGED', 0):,}", _not_acknowledged(replay, exports)),
    }
    report.apart, differences = apart_of(wholesaler.trade, report.days, replay.plays)
    report.checks["the days' sums, accounted for"] = (f"{len(report.days)} days", differences)
    report.rounding = rounding(replay.plays)
    report.played = _played(wholesaler, replay, crew)


def _not_offered_again(bookings: Sequence[Booking], crew: Crew) -> list[str]:
    """Each death leaves one order booked and not acknowledged, which must have been offered again."""
    again = sum(booking.deliveries - 1 for booking in bookings)
    if 0 < crew.deaths <= again:
        return []
    return [f"{crew.deaths} deaths, {again} orders offered again"]


def _not_acknowledged(replay: Replay, exports: dict[str, int]) -> list[str]:
    return [] if exports == {"ACKNOWLEDGED": len(replay.receipts)} else [f"exports are {exports}"]


def _played(wholesaler: Wholesaler, replay: Replay, crew: Crew) -> dict[str, int]:
    bookings = crew.books.all()
    handed = sum(booking.deliveries for booking in bookings)
    callers = [*wholesaler.users.values(), wholesaler.machine, wholesaler.staff]
    return {
        "prices imported, day by day": replay.prices_fed,
        **{f"orders: {manner}": count for manner, count in sorted(replay.manners.items())},
        "submissions, each key at least twice": replay.submissions,
        "  refused as price_changed": replay.price_changes_refused,
        "requests repeated after Retry-After": sum(caller.repeats for caller in callers),
        "orders handed to the ERP": handed,
        "  of these again, found in its books": handed - len(bookings),
    }


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - what it prints is the result


if __name__ == "__main__":
    sys.exit(main())
