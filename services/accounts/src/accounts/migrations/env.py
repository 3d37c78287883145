"""Alembic's entry: the metadata of accounts, run the one way there is."""

from accounts.tables import metadata
from chassis.migrations import run

run(metadata)
