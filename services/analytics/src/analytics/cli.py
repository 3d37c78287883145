"""The upkeep of analytics: migrate, rebuild, republish."""

import asyncio
from pathlib import Path
from typing import Final

import typer

from analytics.consumers import SUBSCRIBED
from analytics.rebuilding import rebuild as rebuild_copies
from analytics.settings import AnalyticsSettings
from chassis import migrations
from chassis.database import Database
from chassis.process import begin

MIGRATIONS: Final = Path(__file__).parent / "migrations"
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Upkeep of analytics. `analytics api` serves HTTP, `analytics worker` does the rest.",
)


@app.command()
def migrate() -> None:
    """Brings the database to the newest schema."""
    settings = begin("analytics-migrate", AnalyticsSettings)
    migrations.upgrade(MIGRATIONS, settings.database_url.get_secret_value())


@app.command()
def rebuild() -> None:
    """Empties the copies and lets the worker read every topic again. Stop the worker first."""
    settings = begin("analytics-rebuild", AnalyticsSettings)

    async def run() -> None:
        database = Database.connect(settings.database_url.get_secret_value(), name="analytics-rebuild")
        try:
            topics = [subscription.topic for subscription in SUBSCRIBED]
            await rebuild_copies(database, settings.kafka_bootstrap, "analytics", topics)
        finally:
            await database.close()

    asyncio.run(run())


@app.command()
def republish() -> None:
    """Tells every current state again: analytics publishes none."""
    typer.echo("analytics publishes nothing")
