"""The SQL of a merge, generated once per feed: load a chunk, lock, classify and write."""

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from feeds.feed import FeedColumn, TableFeed
from feeds.fields import Kind
from feeds.parts import Parts, bit, extracted

# UUIDv7 in SQL: the milliseconds over the first 48 bits of a random UUIDv4, then the version's two low bits.
NEW_ID = """encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
    substring(int8send(CAST(:now AS bigint)) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid::text"""

_STAGED = """SELECT line_number, key, data, warnings FROM import_staging
    WHERE received = :received AND data IS NOT NULL AND (key, line_number) >
        (:after_key, CAST(:after_line AS bigint))
    ORDER BY key, line_number LIMIT CAST(:size AS bigint) + 1"""

_GIVEN = """SELECT line_number, key COLLATE "C" AS key, data::jsonb AS data,
    warnings::jsonb AS warnings FROM unnest(
    CAST(:lines AS bigint[]), CAST(:keys AS text[]), CAST(:rows AS text[]), CAST(:warnings AS text[]))
    AS given (line_number, key, data, warnings)"""

# The window looks one row further than the chunk, so that a repeated key is seen across its border.
_LOAD = """INSERT INTO {chunk} (line_number, key, mask, deleted, superseded, warnings{names})
SELECT line_number, key, {mask}, COALESCE((data->>'deleted')::boolean, false), superseded, warnings{values}
FROM (SELECT w.*, COALESCE(lead(key) OVER (ORDER BY key, line_number) = key, false) AS superseded,
             row_number() OVER (ORDER BY key, line_number) AS position FROM ({rows}) w) s
WHERE position <= CAST(:size AS bigint)"""

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

_CLASSIFY = """WITH x AS MATERIALIZED (
    SELECT k.*, {changes} AS changes, {publish} AS publish,
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

_WRITE = """, inserted AS (
    INSERT INTO {table} (id, source, {key}, scope, received, version, run_id, line_number{extra_names}{names})
    SELECT target_id, CAST(:source AS text), key, CAST(:scope AS text), CAST(:received AS bigint),
        CAST(:now AS bigint), CAST(:run_id AS text),
        CASE WHEN CAST(:run_id AS text) IS NOT NULL THEN line_number END{extra_values}{values}
    FROM x WHERE outcome = 'created' AND old_id IS NULL ORDER BY key
    ON CONFLICT DO NOTHING RETURNING 1),
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
    INSERT INTO import_result (received, line_number, external_id, status, details)
    SELECT CAST(:received AS bigint), x.line_number,
        translate(replace(x.key, chr(31), ' / '), chr(30), '-'), x.outcome,
        {details} FROM x)"""

_COUNTS = """
SELECT count(*) AS rows, max(key COLLATE "C") AS last_key,
    count(*) FILTER (WHERE outcome = 'created') AS created, count(*) FILTER
        (WHERE outcome = 'updated') AS updated,
    count(*) FILTER (WHERE outcome = 'unchanged') AS unchanged,
    count(*) FILTER (WHERE outcome = 'discontinued') AS discontinued,
    count(*) FILTER (WHERE outcome = 'skipped_newer') AS skipped_newer,
    count(*) FILTER (WHERE outcome = 'rejected') AS rejected,
    count(*) FILTER (WHERE all_warnings IS NOT NULL) AS warnings,
    count(*) FILTER (WHERE unresolved IS NOT NULL) AS unresolved,
    count(*) FILTER (WHERE touch OR (outcome = 'created' AND old_id IS NULL)) AS expected,
    {written} AS written,
    array_agg(target_id ORDER BY key) FILTER (WHERE publish) AS publish,
    (array_agg(line_number ORDER BY key COLLATE "C" DESC, line_number DESC))[1] AS last_line
FROM x"""

_ROWS = """
SELECT line_number, translate(replace(key, chr(31), ' / '), chr(30), '-') AS external_id,
    outcome AS status, target_id, publish,
    unresolved IS NOT NULL AS unresolved, all_warnings IS NOT NULL AS warned, {details} AS details,
    touch OR (outcome = 'created' AND old_id IS NULL) AS expected, {written} AS written
FROM x ORDER BY line_number"""

_WRITTEN = "(SELECT count(*) FROM inserted) + (SELECT count(*) FROM changed)"


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
        """Fills the chunk from staging; received, after_key, after_line, size."""
        return self._load(_STAGED)

    @cached_property
    def load_given(self) -> TextClause:
        """Fills the chunk from arrays; lines, keys, rows, warnings (JSON texts), size."""
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
        return text(self._classify + self._write + stored + _COUNTS.format(written=_WRITTEN))

    @cached_property
    def apply_returning(self) -> TextClause:
        """Classifies and writes the chunk, returns one row per input row."""
        return text(self._classify + self._write + _ROWS.format(details=_DETAILS, written=_WRITTEN))

    @cached_property
    def preview(self) -> TextClause:
        """Classifies the chunk without writing, returns one row per input row."""
        return text(self._classify + _ROWS.format(details=_DETAILS, written="0"))

    def _load(self, rows: str) -> TextClause:
        fields = self.feed.schema.fields
        names, values = "", ""
        for field in fields:
            names += f', "{field.name}"'
            values += f", {extracted(field)}"
            if field.kind is Kind.REFERENCE:
                names += f', "{field.name}_source"'
                values += f", data->>'{field.name}_source'"
        mask = " + ".join(
            f"CASE WHEN jsonb_exists(data, '{field.name}') THEN {1 << place} ELSE 0 END"
            for place, field in enumerate(fields)
        )
        return text(
            _LOAD.format(
                chunk=self.parts.chunk, names=names, values=values, mask=f"CAST({mask} AS bigint)", rows=rows
            )
        )

    @cached_property
    def _classify(self) -> str:
        feed = self.feed
        changes = " || ".join(
            [_change_entry(self, column) for column in feed.columns] + self._revival_entry()
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
        entry = f"jsonb_build_object('from', {mark.gone}, 'to', {mark.live})"
        return [
            f"CASE WHEN k.revived THEN jsonb_build_object('{mark.column}', {entry}) ELSE '{{}}'::jsonb END"
        ]

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
    pair = f"jsonb_build_object('from', {plain.format(old)}, 'to', {plain.format(new)})"
    condition = f"{old} IS DISTINCT FROM {new} AND {statements.parts.present(column, 'k')}"
    return f"CASE WHEN {condition} THEN jsonb_build_object('{column.column}', {pair}) ELSE '{{}}'::jsonb END"


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
