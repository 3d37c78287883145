"""The upkeep of catalog: migrate, republish."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer

from catalog.republishing import republishers
from catalog.settings import CatalogSettings
from catalog.wiring import wire
from chassis import migrations
from chassis.clock import SystemClock
from chassis.database import Database
from chassis.process import begin
from chassis.upstream import Upstream
from eventing.republish import republish as tell_again

MIGRATIONS: Final = Path(__file__).parent / "migrations"
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Upkeep of catalog. `catalog api` serves HTTP, `catalog worker` does the rest.",
)


@app.command()
def migrate() -> None:
    """Brings the database to the newest schema."""
    settings = begin("catalog-migrate", CatalogSettings)
    migrations.upgrade(MIGRATIONS, settings.database_url.get_secret_value())


@app.command()
def republish(
    bump: Annotated[bool, typer.Option(help="Raise versions: after a database was restored.")] = False,
) -> None:
    """Tells every current state again."""
    counts = asyncio.run(_republish(begin("catalog-republish", CatalogSettings), bump=bump))
    for topic, count in counts.items():
        typer.echo(f"{topic}: {count}")


async def _republish(settings: CatalogSettings, *, bump: bool) -> dict[str, int]:
    database = Database.connect(settings.database_url.get_secret_value(), name="catalog-cli", pool_size=4)
    wiring = wire(settings, database, SystemClock(), Upstream("pricing", settings.pricing_url))
    try:
        return await tell_again(database, wiring.outbox, republishers(wiring), bump=bump)
    finally:
        await database.close()
