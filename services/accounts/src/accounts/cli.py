"""The accounts command: api, worker, migrate, republish, add-administrator."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer
from sqlalchemy.exc import DBAPIError

from accounts.api import make_app
from accounts.keys.repository import SecretMismatch
from accounts.republishing import republishers
from accounts.seeding import add_administrator, seed_roles
from accounts.settings import AccountsSettings
from accounts.wiring import Wiring, wire
from accounts.worker import make_worker
from chassis import migrations, server
from chassis.clock import SystemClock
from chassis.database import Database
from chassis.logging import configure_logging
from chassis.telemetry import configure_telemetry
from eventing.republish import republish as tell_again

MIGRATIONS: Final = Path(__file__).parent / "migrations"
Result = TypeVar("Result")
app = typer.Typer(no_args_is_help=True, add_completion=False, help="The accounts service.")


def _started(process: str) -> AccountsSettings:
    settings = AccountsSettings()
    configure_logging(service=process, level=settings.log_level, log_format=settings.log_format)
    configure_telemetry(service=process, otlp_endpoint=settings.otlp_endpoint)
    return settings


def _wired(settings: AccountsSettings, use: Callable[[Wiring], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        database = Database.connect(
            settings.database_url.get_secret_value(), name="accounts-cli", pool_size=2
        )
        wiring = wire(settings, database, SystemClock())
        try:
            return await use(wiring)
        finally:
            await wiring.passwords.close()
            await database.close()

    return asyncio.run(run())


def _check_secret(settings: AccountsSettings) -> None:
    """Ends with a sentence where the token secret is not the database's."""
    try:
        _wired(settings, lambda wiring: wiring.keys.published())
    except SecretMismatch as mismatch:
        typer.echo(str(mismatch), err=True)
        raise typer.Exit(1) from None
    except (DBAPIError, OSError):
        # Services start in any order: a database that is not there yet is no reason to end.
        return


@app.command()
def api() -> None:
    """Serves HTTP."""
    settings = _started("accounts-api")
    _check_secret(settings)
    server.serve(make_app(settings), settings)


@app.command()
def worker() -> None:
    """Relays and consumes events, applies feeds, sends mails."""
    settings = _started("accounts-worker")
    _check_secret(settings)
    server.work(lambda: make_worker(settings), settings)


@app.command()
def migrate() -> None:
    """Brings the database to the newest schema and seeds the roles every installation starts with."""
    settings = _started("accounts-migrate")
    migrations.upgrade(MIGRATIONS, settings.database_url.get_secret_value())
    _wired(settings, seed_roles)


@app.command()
def republish(
    bump: Annotated[bool, typer.Option(help="Raise versions: after a database was restored.")] = False,
) -> None:
    """Tells every current state again."""
    settings = _started("accounts-republish")
    counts = _wired(
        settings,
        lambda wiring: tell_again(wiring.database, wiring.outbox, republishers(wiring), bump=bump),
    )
    for topic, count in counts.items():
        typer.echo(f"{topic}: {count}")


@app.command("add-administrator")
def add_first_administrator(email: str) -> None:
    """Makes an administrator; the password is read from KONTOR_ADMINISTRATOR_PASSWORD."""
    password = os.environ.get("KONTOR_ADMINISTRATOR_PASSWORD", "")
    if len(password) < 12:
        raise typer.BadParameter("KONTOR_ADMINISTRATOR_PASSWORD needs at least 12 characters")
    made = _wired(_started("accounts-cli"), lambda wiring: add_administrator(wiring, email, password))
    typer.echo("made" if made else "is staff already")


if __name__ == "__main__":
    app()
