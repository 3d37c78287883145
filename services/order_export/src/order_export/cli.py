"""The order_export command: api, worker, migrate, republish."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from chassis import migrations, server
from chassis.clock import SystemClock
from chassis.database import Database
from chassis.logging import configure_logging
from chassis.telemetry import configure_telemetry
from eventing.republish import republish as tell_again
from order_export.api import make_app
from order_export.republishing import republishers
from order_export.settings import OrderExportSettings
from order_export.wiring import Wiring, wire
from order_export.worker import make_worker

MIGRATIONS: Final = Path(__file__).parent / "migrations"
Result = TypeVar("Result")
app = typer.Typer(no_args_is_help=True, add_completion=False, help="The order_export service.")


def _started(process: str) -> OrderExportSettings:
    settings = OrderExportSettings()
    configure_logging(service=process, level=settings.log_level, log_format=settings.log_format)
    configure_telemetry(service=process, otlp_endpoint=settings.otlp_endpoint)
    return settings


def _wired(settings: OrderExportSettings, use: Callable[[Wiring], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        database = Database.connect(
            settings.database_url.get_secret_value(), name="order_export-cli", pool_size=2
        )
        wiring = wire(settings, database, SystemClock())
        try:
            return await use(wiring)
        finally:
            await wiring.offers.close()
            await database.close()

    return asyncio.run(run())


@app.command()
def api() -> None:
    """Serves HTTP."""
    settings = _started("order_export-api")
    server.serve(make_app(settings), settings)


@app.command()
def worker() -> None:
    """Relays and consumes events, applies feeds, pushes orders to the ERP."""
    settings = _started("order_export-worker")
    server.work(lambda: make_worker(settings), settings)


@app.command()
def migrate() -> None:
    """Brings the database to the newest schema."""
    settings = _started("order_export-migrate")
    migrations.upgrade(MIGRATIONS, settings.database_url.get_secret_value())


@app.command()
def republish(
    bump: Annotated[bool, typer.Option(help="Raise versions: after a database was restored.")] = False,
) -> None:
    """Tells every current state again."""
    settings = _started("order_export-republish")
    counts = _wired(
        settings,
        lambda wiring: tell_again(wiring.database, wiring.outbox, republishers(wiring), bump=bump),
    )
    for topic, count in counts.items():
        typer.echo(f"{topic}: {count}")


if __name__ == "__main__":
    app()
