"""The pricing command: api, worker, migrate, republish."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer

from chassis import migrations, server
from chassis.clock import SystemClock
from chassis.database import Database
from chassis.logging import configure_logging
from chassis.telemetry import configure_telemetry
from eventing.republish import republish as tell_again
from pricing.api import make_app
from pricing.settings import PricingSettings
from pricing.wiring import wire
from pricing.worker import make_worker

MIGRATIONS: Final = Path(__file__).parent / "migrations"
app = typer.Typer(no_args_is_help=True, add_completion=False, help="The pricing service.")


def _started(process: str) -> PricingSettings:
    settings = PricingSettings()
    configure_logging(service=process, level=settings.log_level, log_format=settings.log_format)
    configure_telemetry(service=process, otlp_endpoint=settings.otlp_endpoint)
    return settings


@app.command()
def api() -> None:
    """Serves HTTP."""
    settings = _started("pricing-api")
    server.serve(make_app(settings), settings)


@app.command()
def worker() -> None:
    """Relays and consumes events, applies imports of prices."""
    settings = _started("pricing-worker")
    server.work(lambda: make_worker(settings), settings)


@app.command()
def migrate() -> None:
    """Brings the database to the newest schema."""
    settings = _started("pricing-migrate")
    migrations.upgrade(MIGRATIONS, settings.database_url.get_secret_value())


@app.command()
def republish(
    bump: Annotated[bool, typer.Option(help="Raise versions: after a database was restored.")] = False,
) -> None:
    """Tells every current state again."""
    counts = asyncio.run(_republish(_started("pricing-republish"), bump=bump))
    for topic, count in counts.items():
        typer.echo(f"{topic}: {count}")


async def _republish(settings: PricingSettings, *, bump: bool) -> dict[str, int]:
    database = Database.connect(settings.database_url.get_secret_value(), name="pricing-cli", pool_size=2)
    wiring = wire(settings, database, SystemClock())
    try:
        return await tell_again(database, wiring.outbox, wiring.republishers, bump=bump)
    finally:
        await wiring.accounts.close()
        await database.close()


if __name__ == "__main__":
    app()
