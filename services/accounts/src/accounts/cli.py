"""The upkeep of accounts: migrate, republish, add-administrator."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from accounts.republishing import republishers
from accounts.seeding import add_administrator, seed_roles
from accounts.settings import AccountsSettings
from accounts.wiring import Wiring, wire
from chassis import migrations
from chassis.clock import SystemClock
from chassis.database import Database
from chassis.process import begin
from eventing.republish import republish as tell_again

MIGRATIONS: Final = Path(__file__).parent / "migrations"
Result = TypeVar("Result")
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Upkeep of accounts. `accounts api` serves HTTP, `accounts worker` does the rest.",
)


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


@app.command()
def migrate() -> None:
    """Brings the database to the newest schema and seeds the roles every installation starts with."""
    settings = begin("accounts-migrate", AccountsSettings)
    migrations.upgrade(MIGRATIONS, settings.database_url.get_secret_value())
    _wired(settings, seed_roles)


@app.command()
def republish(
    bump: Annotated[bool, typer.Option(help="Raise versions: after a database was restored.")] = False,
) -> None:
    """Tells every current state again."""
    settings = begin("accounts-republish", AccountsSettings)
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
    made = _wired(
        begin("accounts-cli", AccountsSettings), lambda wiring: add_administrator(wiring, email, password)
    )
    typer.echo("made" if made else "is staff already")
