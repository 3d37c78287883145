"""The upkeep of order_export: migrate, republish."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer

from chassis import migrations
from chassis.clock import SystemClock
from chassis.database import Database
from chassis.process import begin
from eventing.republish import republish as tell_again
from order_export.republishing import republishers
from order_export.settings import OrderExportSettings
from order_export.wiring import wire

MIGRATIONS: Final = Path(__file__).parent / "migrations"
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Upkeep of order_export. `order_export api` serves HTTP, `order_export worker` does the rest.",
)


@app.command()
def migrate() -> None:
    """Brings the database to the newest schema."""
    settings = begin("order_export-migrate", OrderExportSettings)
    migrations.upgrade(MIGRATIONS, settings.database_url.get_secret_value())


@app.command()
def republish(
    bump: Annotated[bool, typer.Option(help="Raise versions: after a database was restored.")] = False,
) -> None:
    """Tells every current state again."""
    counts = asyncio.run(_republish(begin("order_export-republish", OrderExportSettings), bump=bump))
    for topic, count in counts.items():
        typer.echo(f"{topic}: {count}")


async def _republish(settings: OrderExportSettings, *, bump: bool) -> dict[str, int]:
    database = Database.connect(
        settings.database_url.get_secret_value(), name="order_export-cli", pool_size=4
    )
    wiring = wire(settings, database, SystemClock())
    try:
        return await tell_again(database, wiring.outbox, republishers(wiring), bump=bump)
    finally:
        await wiring.offers.close()
        await database.close()
