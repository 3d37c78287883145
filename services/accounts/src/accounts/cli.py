"""The upkeep of accounts: migrate, republish, add-administrator."""

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from accounts.republishing import republishers
from accounts.seeding import add_administrator, seed_roles
from accounts.settings import AccountsSettings
from accounts.upkeep import wired
from chassis import migrations
from chassis.process import begin
from eventing.republish import republish as tell_again

MIGRATIONS: Final = Path(__file__).parent / "migrations"
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Upkeep of accounts. `accounts api` serves HTTP, `accounts worker` does the rest.",
)


@app.command()
def migrate() -> None:
    """Brings the database to the newest schema and seeds the roles every installation starts with."""
    settings = begin("accounts-migrate", AccountsSettings)
    migrations.upgrade(MIGRATIONS, settings.database_url.get_secret_value())
    wired(settings, seed_roles)


@app.command()
def republish(
    bump: Annotated[bool, typer.Option(help="Raise versions: after a database was restored.")] = False,
) -> None:
    """Tells every current state again."""
    settings = begin("accounts-republish", AccountsSettings)
    counts = wired(
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
    made = wired(
        begin("accounts-cli", AccountsSettings), lambda wiring: add_administrator(wiring, email, password)
    )
    typer.echo("made" if made else "is staff already")
