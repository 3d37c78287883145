"""Alembic for every service: one way to run a migration, from an env.py of three lines."""

import asyncio
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, pool, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine


def _config(folder: Path, url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    return config


def upgrade(folder: Path, url: str) -> None:
    """Brings the database at `url` to the newest revision of the folder."""
    command.upgrade(_config(folder, url), "head")


def check(folder: Path, url: str) -> None:
    """Raises when the tables in code and the migrated database differ."""
    command.check(_config(folder, url))


def run(metadata: MetaData) -> None:
    """The whole of an env.py: runs the present command against the configured address."""
    asyncio.run(_run(metadata, context.config.attributes["url"]))


async def _run(metadata: MetaData, url: str) -> None:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_migrate, metadata)
        await connection.commit()
    await engine.dispose()


def _migrate(connection: Connection, metadata: MetaData) -> None:
    # A migration that cannot get its lock fails soon, instead of queueing every request behind itself.
    connection.execute(text("SET lock_timeout = '5s'"))
    context.configure(
        connection=connection, target_metadata=metadata, compare_type=True, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()
