"""Alembic's entry: the metadata of analytics, run the one way there is."""

from analytics.tables import metadata
from chassis.migrations import run

run(metadata)
