"""Building every copy again from its topic: empty tables, and a group that begins at the beginning."""

from collections.abc import Sequence

from sqlalchemy import text

from analytics.tables import metadata
from chassis.database import Database
from eventing.rewinding import rewind


async def rebuild(database: Database, bootstrap: str, group: str, topics: Sequence[str]) -> None:
    """Forgets where the group stood, then everything kept. Its workers must not run.

    Raises eventing.rewinding.GroupInUseError while they do; one of eventing.kafka.UNREACHABLE without Kafka.
    What notices said is forgotten too, and told again as far as Kafka still has it.
    """
    await rewind(bootstrap, group, topics)
    kept = ", ".join(table.name for table in metadata.sorted_tables if table.name != "listening")
    async with database.transaction() as tx:
        await tx.execute(text(f"TRUNCATE {kept}"))
