"""Alembic's entry: the metadata of pricing, run the one way there is."""

from chassis.migrations import run
from pricing.tables import metadata

run(metadata)
