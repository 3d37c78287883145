"""Alembic's entry: the metadata of order_export, run the one way there is."""

from chassis.migrations import run
from order_export.tables import metadata

run(metadata)
