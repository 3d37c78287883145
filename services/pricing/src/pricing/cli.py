"""The upkeep of pricing: migrate, republish."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer

from chassis import migrations
from chassis.clock import SystemClock
from chassis.database import Database
from chassis.process import begin
from eventing.republish import republish as tell_again
from pricing.settings import PricingSettings
from pricing.wiring import wire

MIGRATIONS: Final = Path(__file__).parent / "migrations"
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Upkeep of pricing. `pricing api` serves HTTP, `pricing worker` does the rest.",
)


@app.command()
def migrate() -> None:
    """Brings the database to the newest schema."""
    settings = begin("pricing-migrate", PricingSettings)
    migrations.upgrade(MIGRATIONS, settings.database_url.get_secret_value())


@app.command()
def republish(
    bump: Annotated[bool, typer.Option(help="Raise versions: after a database was restored.")] = False,
) -> None:
    """Tells every current state again."""
    counts = asyncio.run(_republish(begin("pricing-republish", PricingSettings), bump=bump))
    for topic, count in counts.items():
        typer.echo(f"{topic}: {count}")


async def _republish(settings: PricingSettings, *, bump: bool) -> dict[str, int]:
    database = Database.connect(settings.database_url.get_secret_value(), name="pricing-cli", pool_size=4)
    wiring = wire(settings, database, SystemClock())
    try:
        return await tell_again(database, wiring.outbox, wiring.republishers, bump=bump)
    finally:
        await wiring.accounts.close()
        await database.close()
