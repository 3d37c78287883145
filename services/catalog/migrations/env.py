"""Alembic's entry point: catalog's tables, migrated as every service migrates."""

from catalog.tables import metadata
from chassis.migrations import run

run(metadata)
