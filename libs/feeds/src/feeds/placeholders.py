"""References to what is not yet known: a placeholder row takes the place, the thing fills it later."""

from dataclasses import dataclass

from sqlalchemy import Table, text

from chassis.database import Transaction
from feeds.feed import Chunk
from feeds.statements import NEW_ID

_KNOWN = """UPDATE {chunk} c SET "{into}" = t.id{unresolved}
FROM {table} t WHERE t.source = c."{field}_source" AND t."{key}" = c."{field}" AND c."{into}" IS NULL"""

_CREATE = """INSERT INTO {table} (id, source, "{key}", scope, received, version, {placeholder})
SELECT {new_id}, source, external_id, '', 0, CAST(:now AS bigint), true
FROM (SELECT DISTINCT c."{field}_source" AS source, c."{field}" AS external_id FROM {chunk} c
      WHERE c."{into}" IS NULL AND c."{field}" IS NOT NULL AND NOT c.superseded AND NOT c.deleted
      ORDER BY 1, 2) missing
ON CONFLICT DO NOTHING"""

_UNKNOWN = """UPDATE {chunk} c SET unresolved = COALESCE(c.unresolved, '[]'::jsonb) || {entry}
WHERE c."{into}" IS NULL AND c."{field}" IS NOT NULL AND NOT c.deleted"""

_ENTRY = """jsonb_build_array(jsonb_build_object(
    'pointer', '{pointer}', 'source', c."{field}_source", 'external_id', c."{field}"))"""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A reference field of a feed and the table it points into.

    `into` is the prepared chunk column that receives the id. `placeholder` names the target's boolean column
    and has missing rows created with it; the target's other columns then need defaults, and its own feed
    declares the same column, which turns the placeholder into the thing. Without it the id stays null.
    """

    field: str
    into: str
    table: Table
    key_column: str = "external_id"
    placeholder: str | None = None


async def resolve(tx: Transaction, chunk: Chunk, reference: Reference, *, now_ms: int) -> None:
    """Fills `into` for the whole chunk and notes what is unknown, or only a placeholder, as unresolved."""
    feed = chunk.feed
    field = feed.schema.by_name[reference.field]
    names = {
        "chunk": feed.chunk.name,
        "table": f'"{reference.table.name}"',
        "key": reference.key_column,
        "field": reference.field,
        "into": reference.into,
        "placeholder": reference.placeholder,
        "new_id": NEW_ID,
    }
    entry = _ENTRY.format(pointer=field.pointer, field=reference.field)
    noted = ""
    if reference.placeholder:
        noted = (
            f", unresolved = CASE WHEN t.{reference.placeholder} THEN "
            f"COALESCE(c.unresolved, '[]'::jsonb) || {entry} ELSE c.unresolved END"
        )
    known = text(_KNOWN.format(**names, unresolved=noted))
    await tx.execute(known)
    if reference.placeholder:
        # Looked up again also when nothing was created: somebody else's row may have come in between.
        await tx.execute(text(_CREATE.format(**names)), {"now": now_ms})
        await tx.execute(known)
    await tx.execute(text(_UNKNOWN.format(**names, entry=entry)))
