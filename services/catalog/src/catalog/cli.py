"""The catalog command: api, worker, migrate, republish."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer

from catalog.api import make_app
from catalog.republishing import republishers
from catalog.settings import CatalogSettings
from catalog.wiring import wire
from catalog.worker import make_worker
from chassis import migrations, server
from chassis.clock import SystemClock
from chassis.database import Database
from chassis.logging import configure_logging
from chassis.telemetry import configure_telemetry
from chassis.upstream import Upstream
from eventing.republish import republish as tell_again

MIGRATIONS: Final = Path(__file__).parent / "migrations"
app = typer.Typer(no_args_is_help=True, add_completion=False, help="The catalog service.")


def _started(process: str) -> CatalogSettings:
    settings = CatalogSettings()
    configure_logging(service=process, level=settings.log_level, log_format=settings.log_format)
    configure_telemetry(service=process, otlp_endpoint=settings.otlp_endpoint)
    return settings


@app.command()
def api() -> None:
    """Serves HTTP."""
    settings = _started("catalog-api")
    server.serve(make_app(settings), settings)


@app.command()
def worker() -> None:
    """Relays and consumes events, applies feeds."""
    settings = _started("catalog-worker")
    server.work(lambda: make_worker(settings), settings)


@app.command()
def migrate() -> None:
    """Brings the database to the newest schema."""
    settings = _started("catalog-migrate")
    migrations.upgrade(MIGRATIONS, settings.database_url.get_secret_value())


@app.command()
def republish(
    bump: Annotated[bool, typer.Option(help="Raise versions: after a database was restored.")] = False,
) -> None:
    """Tells every current state again."""
    counts = asyncio.run(_republish(_started("catalog-republish"), bump=bump))
    for topic, count in counts.items():
        typer.echo(f"{topic}: {count}")


async def _republish(settings: CatalogSettings, *, bump: bool) -> dict[str, int]:
    database = Database.connect(settings.database_url.get_secret_value(), name="catalog-cli", pool_size=2)
    wiring = wire(settings, database, SystemClock(), Upstream("pricing", settings.pricing_url))
    try:
        return await tell_again(database, wiring.outbox, republishers(wiring), bump=bump)
    finally:
        await database.close()


if __name__ == "__main__":
    app()
