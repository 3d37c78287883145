"""Alembic's entry: the metadata of catalog, run the one way there is."""

from catalog.tables import metadata
from chassis.migrations import run

run(metadata)
