"""Command line of analytics."""

import asyncio
from pathlib import Path
from typing import Final

import typer

from analytics.api import make_app
from analytics.consumers import SUBSCRIBED
from analytics.rebuilding import rebuild as rebuild_copies
from analytics.settings import AnalyticsSettings
from analytics.worker import make_worker
from chassis import migrations, server
from chassis.database import Database
from chassis.logging import configure_logging
from chassis.telemetry import configure_telemetry

MIGRATIONS: Final = Path(__file__).parent / "migrations"
app = typer.Typer(no_args_is_help=True, add_completion=False, help="The analytics service.")


def _started(process: str) -> AnalyticsSettings:
    settings = AnalyticsSettings()
    configure_logging(service=process, level=settings.log_level, log_format=settings.log_format)
    configure_telemetry(service=process, otlp_endpoint=settings.otlp_endpoint)
    return settings


@app.command()
def api() -> None:
    """Serves HTTP."""
    settings = _started("analytics-api")
    server.serve(make_app(settings), settings)


@app.command()
def worker() -> None:
    """Consumes what the others publish."""
    settings = _started("analytics-worker")
    server.work(lambda: make_worker(settings), settings)


@app.command()
def migrate() -> None:
    """Brings the database to the newest schema."""
    settings = _started("analytics-migrate")
    migrations.upgrade(MIGRATIONS, settings.database_url.get_secret_value())


@app.command()
def rebuild() -> None:
    """Empties the copies and lets the worker read every topic again. Stop the worker first."""
    settings = _started("analytics-rebuild")

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


if __name__ == "__main__":
    app()
