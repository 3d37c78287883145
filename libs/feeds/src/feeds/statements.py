"""The SQL of a merge, generated once per feed: load a chunk, lock, classify and write."""

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from feeds.feed import FeedColumn, TableFeed
from feeds.fields import Kind
from feeds.parts import Parts, bit, extracted

# UUIDv7 in SQL: the milliseconds and the version before a random UUIDv4's variant and digits.
NEW_ID = """overlay(gen_random_uuid()::text PLACING overlay(lpad(to_hex(CAST(:now AS bigint)), 12, '0')
    PLACING '-' FROM 9 FOR 0) || '-7' FROM 1 FOR 15)"""

_STAGED = """SELECT line_number, key, mask, deleted, cells, warnings FROM import_staging
    WHERE received = :received AND cells IS NOT NULL AND key <= :until
        AND (key, line_number) > (:after_key, CAST(:after_line AS bigint))
    ORDER BY key, line_number LIMIT CAST(:size AS bigint) + 1"""

_GIVEN = """SELECT line_number, key COLLATE "C" AS key, mask, deleted, cells::jsonb AS cells,
    warnings::jsonb AS warnings FROM unnest(CAST(:lines AS bigint[]), CAST(:keys AS text[]),
        CAST(:masks AS bigint[]), CAST(:deleted AS boolean[]), CAST(:rows AS text[]),
        CAST(:warnings AS text[])) AS given (line_number, key, mask, deleted, cells, warnings)"""

# The window looks one row further than the chunk, so that a repeated key is seen across its border.
_LOAD = """INSERT INTO {chunk} (line_number, key, mask, deleted, superseded, warnings{names})
SELECT line_number, key, mask, deleted, superseded, warnings{values}
FROM (SELECT w.*, COALESCE(lead(key) OVER (ORDER BY key, line_number) = key, false) AS superseded
    FROM ({rows}) w ORDER BY key, line_number LIMIT CAST(:size AS bigint)) s"""

# A chunk is small and the target may be large, or was empty when a plan was made: always go by the index,
# never by a scan of the target.
_BY_INDEX = """SELECT set_config('enable_seqscan', :value, true), set_config('enable_hashjoin', :value, true),
    set_config('enable_mergejoin', :value, true), set_config('enable_bitmapscan', :value, true)"""

# Rows are written in key order, so that two merges cannot wait for each other. `tid` is where the row was
# seen: a row that another writer moved since is not found there, and the whole chunk is run again.
_LOCK = """SELECT count(*) FROM (
    SELECT l.one FROM (SELECT key FROM {chunk} WHERE NOT superseded ORDER BY key OFFSET 0) c, LATERAL (
        SELECT 1 AS one FROM {table} t WHERE t.source = :source
            AND t.{key} = c.key FOR NO KEY UPDATE) l) locked"""

_LAST = """SELECT key, line_number FROM {chunk} ORDER BY key COLLATE "C" DESC, line_number DESC LIMIT 1"""

# What is compared is computed once, below the fence (OFFSET 0); only what is written comes out of it.
_CLASSIFY = """WITH x AS MATERIALIZED (
    SELECT k.line_number, k.key, k.mask, k.outcome, k.revived, k.old_id, k.old_tid, k.target_id,
        k.unresolved{kept}, {changes} AS changes, {publish} AS publish,
        k.old_id IS NOT NULL AND (k.outcome IN ('updated', 'discontinued', 'created')
            OR (k.outcome = 'unchanged' AND NOT k.superseded
                AND (CAST(:stamp AS boolean) OR k.old_scope IS DISTINCT FROM CAST(:scope AS text)))) AS touch,
        {all_errors} AS all_errors, {all_warnings} AS all_warnings
    FROM (SELECT c.*, t.id AS old_id, t.tid AS old_tid, t.scope AS old_scope, COALESCE(t.id,
        {new_id}) AS target_id{states}{olds}{news},
            CASE WHEN c.errors IS NOT NULL THEN 'rejected'
                 WHEN c.superseded THEN 'unchanged'
                 WHEN t.id IS NULL AND c.deleted THEN 'unchanged'
                 WHEN t.received > CAST(:received AS bigint) THEN 'skipped_newer'
                 WHEN ({is_new}) AND NOT c.deleted AND (c.mask & {required}) <> {required} THEN 'rejected'
                 WHEN ({is_new}) AND NOT c.deleted THEN 'created'
                 WHEN c.deleted THEN CASE WHEN {is_gone} THEN 'unchanged' ELSE 'discontinued' END
                 WHEN {differs} THEN 'updated'
                 ELSE 'unchanged' END AS outcome
        FROM {chunk} c LEFT JOIN LATERAL (
            SELECT t.ctid AS tid, t.* FROM {table} t WHERE t.source = :source
                AND t.{key} = c.key OFFSET 0) t ON true
        OFFSET 0) k ORDER BY k.key)"""

# A row that somebody else inserts meanwhile breaks the unique key: then the transaction is run again.
_WRITE = """, inserted AS (
    INSERT INTO {table} (id, source, {key}, scope, received, version, run_id, line_number{extra_names}{names})
    SELECT target_id, CAST(:source AS text), key, CAST(:scope AS text), CAST(:received AS bigint),
        CAST(:now AS bigint), CAST(:run_id AS text),
        CASE WHEN CAST(:run_id AS text) IS NOT NULL THEN line_number END{extra_values}{values}
    FROM x WHERE outcome = 'created' AND old_id IS NULL ORDER BY key),
changed AS (
    UPDATE {table} t SET scope = CAST(:scope AS text), received = CAST(:received AS bigint){extra_sets}{sets}
    FROM x WHERE t.ctid = x.old_tid AND x.touch AND t.received < CAST(:received AS bigint) RETURNING 1)"""

_DETAILS = """CASE WHEN x.all_errors IS NULL AND x.all_warnings IS NULL AND x.unresolved IS NULL
    AND x.changes IS NULL
    THEN NULL ELSE
    CASE WHEN x.all_errors IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('errors', x.all_errors) END
    || CASE WHEN x.all_warnings IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('warnings',
        x.all_warnings) END
    || CASE WHEN x.unresolved IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('unresolved', x.unresolved) END
    || CASE WHEN x.changes IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('changes', x.changes) END END"""

_STORE = """, stored AS (
    INSERT INTO import_result (received, line_number, key, status, details)
    SELECT CAST(:received AS bigint), x.line_number, x.key, x.outcome, {details} FROM x)"""

# The ids come in the order of `x`, which is that of the keys.
_COUNTS = """
SELECT count(*) AS rows,
    count(*) FILTER (WHERE outcome = 'created') AS created, count(*) FILTER
        (WHERE outcome = 'updated') AS updated,
    count(*) FILTER (WHERE outcome = 'unchanged') AS unchanged,
    count(*) FILTER (WHERE outcome = 'discontinued') AS discontinued,
    count(*) FILTER (WHERE outcome = 'skipped_newer') AS skipped_newer,
    count(*) FILTER (WHERE outcome = 'rejected') AS rejected,
    count(*) FILTER (WHERE all_warnings IS NOT NULL) AS warnings,
    count(*) FILTER (WHERE unresolved IS NOT NULL) AS unresolved,
    count(*) FILTER (WHERE touch) AS expected, {written} AS written,
    array_agg(target_id) FILTER (WHERE publish) AS publish, {last}
FROM x"""

_LAST_OF_X = """(SELECT key FROM x ORDER BY key COLLATE "C" DESC LIMIT 1) AS last_key,
    (SELECT line_number FROM x ORDER BY key COLLATE "C" DESC, line_number DESC LIMIT 1) AS last_line"""

_ROWS = """
SELECT line_number, key, outcome AS status, target_id, publish,
    unresolved IS NOT NULL AS unresolved, all_warnings IS NOT NULL AS warned, {details} AS details,
    touch AS expected, {written} AS written
FROM x ORDER BY line_number"""

_WRITTEN = "(SELECT count(*) FROM changed)"


@dataclass(frozen=True)
class Statements:
    """The statements of one feed's chunks, ready to run."""

    feed: TableFeed

    @cached_property
    def parts(self) -> Parts:
        """The feed's pieces."""
        return Parts(self.feed)

    @cached_property
    def create_chunk(self) -> TextClause:
        """Creates the session's temporary chunk table if it is not there; it empties at each commit."""
        create = CreateTable(self.feed.chunk, if_not_exists=True)
        return text(str(create.compile(dialect=postgresql.dialect())))  # type: ignore[no-untyped-call]  # not annotated

    @cached_property
    def load_staged(self) -> TextClause:
        """Fills the chunk from staging; received, after_key, after_line, until, size."""
        return self._load(_STAGED)

    @cached_property
    def load_given(self) -> TextClause:
        """Fills the chunk from arrays; lines, keys, masks, deleted, rows and warnings (JSON texts), size."""
        return self._load(_GIVEN)

    @cached_property
    def by_index(self) -> TextClause:
        """Makes the next statements look rows up one by one (value off), or ends that (value on)."""
        return text(_BY_INDEX)

    @cached_property
    def lock(self) -> TextClause:
        """Locks the chunk's target rows in key order, for a second attempt; source."""
        return text(_LOCK.format(chunk=self.parts.chunk, table=self.parts.table, key=self.parts.key))

    @cached_property
    def last_of_chunk(self) -> TextClause:
        """The (key, line_number) the chunk ends with."""
        return text(_LAST.format(chunk=self.parts.chunk))

    @cached_property
    def apply(self) -> TextClause:
        """Classifies and writes the chunk, stores results, returns counts and the ids to publish."""
        stored = _STORE.format(details=_DETAILS)
        return text(self._classify + self._write + stored + _COUNTS.format(written=_WRITTEN, last=_LAST_OF_X))

    @cached_property
    def apply_returning(self) -> TextClause:
        """Classifies and writes the chunk, returns one row per input row."""
        return text(self._classify + self._write + _ROWS.format(details=_DETAILS, written=_WRITTEN))

    @cached_property
    def preview(self) -> TextClause:
        """Classifies the chunk without writing, returns one row per input row."""
        return text(self._classify + _ROWS.format(details=_DETAILS, written="0"))

    def _load(self, rows: str) -> TextClause:
        schema = self.feed.schema
        names, values = "", ""
        for field in schema.fields:
            names += f', "{field.name}"'
            values += f", {extracted(self.feed, field)}"
            if field.kind is Kind.REFERENCE:
                names += f', "{field.name}_source"'
                values += f", cells->>{schema.places[f'{field.name}_source']}"
        return text(_LOAD.format(chunk=self.parts.chunk, names=names, values=values, rows=rows))

    @cached_property
    def _classify(self) -> str:
        feed = self.feed
        entries = ", ".join([_change_entry(self, column) for column in feed.columns] + self._revival_entry())
        changes = (
            f"CASE WHEN k.outcome = 'updated' THEN ('{{' || concat_ws(',', {entries}) || '}}')::jsonb END"
        )
        published = [column for column in feed.columns if column.published]
        quiet = len(published) < len(feed.columns)
        heard = " OR ".join(
            [
                f'(k."old_{c.column}" IS DISTINCT FROM k."new_{c.column}" AND {self.parts.present(c, "k")})'
                for c in published
            ]
            + ["k.revived"]
        )
        heard = heard if quiet else "true"
        publish = f"k.outcome IN ('created', 'discontinued') OR (k.outcome = 'updated' AND ({heard}))"
        required = sum(bit(feed, field.name) for field in feed.schema.fields if field.required)
        is_new = "t.id IS NULL" + (f" OR t.{feed.placeholder}" if feed.placeholder else "")
        return _CLASSIFY.format(
            kept="".join(f', k."new_{column.column}"' for column in feed.columns),
            changes=f"CASE WHEN k.outcome = 'updated' THEN {changes} END",
            publish=publish,
            all_errors=_required_errors(feed),
            all_warnings=_ROW_WARNINGS,
            new_id=NEW_ID,
            states=f", {self.parts.revives} AS revived",
            olds="".join(f', t."{column.column}" AS "old_{column.column}"' for column in feed.columns),
            news="".join(f', {self.parts.new(column)} AS "new_{column.column}"' for column in feed.columns),
            is_new=is_new,
            required=f"CAST({required} AS bigint)",
            is_gone=self.parts.is_gone,
            differs=self.parts.differs,
            chunk=self.parts.chunk,
            table=self.parts.table,
            key=self.parts.key,
        )

    def _revival_entry(self) -> list[str]:
        mark = self.feed.discontinue
        if mark is None:
            return []
        entry = f"json_build_object('from', {mark.gone}, 'to', {mark.live})"
        return [f"CASE WHEN k.revived THEN '\"{mark.column}\":' || {entry}::text END"]

    @cached_property
    def _write(self) -> str:
        feed, mark = self.feed, self.feed.discontinue
        written = [column for column in feed.columns if column.column != feed.key_column]
        sets = "".join(self._assignment(column) for column in written)
        if mark is not None and mark.column not in {column.column for column in written}:
            sets += (
                f", {mark.column} = CASE WHEN x.outcome = 'discontinued' THEN {mark.gone} "
                f"WHEN x.revived THEN {mark.live} ELSE t.{mark.column} END"
            )
        kept = "x.outcome = 'unchanged'"
        extra = (
            f", version = CASE WHEN {kept} THEN t.version "
            "ELSE greatest(t.version + 1, CAST(:now AS bigint)) END"
            f", run_id = CASE WHEN {kept} THEN t.run_id ELSE CAST(:run_id AS text) END"
            f", line_number = CASE WHEN {kept} "
            "THEN t.line_number WHEN CAST(:run_id AS text) IS NOT NULL THEN x.line_number END"
        )
        extra += "".join(
            f", {name} = CASE WHEN {kept} THEN t.{name} ELSE {sql} END" for name, sql in feed.written.items()
        )
        if feed.placeholder:
            extra += f", {feed.placeholder} = t.{feed.placeholder} AND x.outcome <> 'created'"
        placeholder = [feed.placeholder] if feed.placeholder else []
        return _WRITE.format(
            table=self.parts.table,
            key=self.parts.key,
            names="".join(f', "{column.column}"' for column in written),
            values="".join(f', x."new_{column.column}"' for column in written),
            extra_names="".join(f", {name}" for name in [*feed.written, *placeholder]),
            extra_values="".join(
                f", {sql}" for sql in [*feed.written.values(), *["false" for _ in placeholder]]
            ),
            sets=sets,
            extra_sets=extra,
        )

    def _assignment(self, column: FeedColumn) -> str:
        mark, name = self.feed.discontinue, column.column
        present = self.parts.present(column, "x")
        cases = f"WHEN x.outcome IN ('updated', 'created') AND {present} THEN x.\"new_{name}\" "
        if mark is not None and mark.column == name:
            cases += f"WHEN x.outcome = 'discontinued' THEN {mark.gone} WHEN x.revived THEN {mark.live} "
        return f', "{name}" = CASE {cases}ELSE t."{name}" END'


def _change_entry(statements: Statements, column: FeedColumn) -> str:
    old, new = f'k."old_{column.column}"', f'k."new_{column.column}"'
    field = statements.feed.schema.by_name.get(column.presence or "")
    plain = "trim_scale({})::text" if field and field.sql_type == "numeric" and not column.value else "{}"
    pair = f"json_build_object('from', {plain.format(old)}, 'to', {plain.format(new)})"
    condition = f"{old} IS DISTINCT FROM {new} AND {statements.parts.present(column, 'k')}"
    return f"CASE WHEN {condition} THEN '\"{column.column}\":' || {pair}::text END"


def _required_errors(feed: TableFeed) -> str:
    """Which required fields a creating row lacks, as the errors of a row rejected for that."""
    entries = [
        f"CASE WHEN (k.mask & {bit(feed, field.name)}) = 0 THEN jsonb_build_array(jsonb_build_object("
        f"'pointer', '{field.pointer}', 'code', 'required', 'message', 'A new row must carry it.')) "
        "ELSE '[]'::jsonb END"
        for field in feed.schema.fields
        if field.required
    ]
    if not entries:
        return "k.errors"
    return (
        f"CASE WHEN k.outcome = 'rejected' AND k.errors IS NULL THEN {' || '.join(entries)} ELSE k.errors END"
    )


_ROW_WARNINGS = """CASE
    WHEN k.superseded THEN COALESCE(k.warnings,
        '[]'::jsonb) || jsonb_build_array(jsonb_build_object('pointer', '',
        'code', 'superseded_in_run', 'message', 'A later line has the same key; that one counts.'))
    WHEN k.deleted AND k.old_id IS NULL THEN COALESCE(k.warnings,
        '[]'::jsonb) || jsonb_build_array(jsonb_build_object(
        'pointer', '/deleted', 'code', 'not_known', 'message', 'There is nothing to discontinue.'))
    ELSE k.warnings END"""
