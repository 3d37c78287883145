"""The SQL of a run as a whole: what it would discontinue and reprice, and marking what it left out."""

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import TextClause, text

from feeds.feed import FeedColumn, TableFeed
from feeds.parts import Parts, extracted

_MISSING = """FROM {table} t WHERE t.source = :source AND t.scope = :scope AND NOT
    ({is_gone}) {no_placeholder}
    AND t.received < CAST(:received AS bigint) AND NOT EXISTS (
        SELECT 1 FROM import_staging s WHERE s.received = :received AND s.key {collate} = t.{key})"""

_DISCONTINUE = """WITH gone AS MATERIALIZED (
    SELECT t.id, t.{key} AS key {missing} AND t.id > :after_id ORDER BY t.id LIMIT CAST(:size AS bigint)
    FOR NO KEY UPDATE OF t),
numbered AS (SELECT id, key, -(CAST(:already AS bigint) + row_number() OVER
    (ORDER BY id)) AS line_number FROM gone){write},
stored AS (
    INSERT INTO import_result (received, line_number, key, status)
    SELECT CAST(:received AS bigint), line_number, key, 'discontinued' FROM numbered)
SELECT count(*) AS rows, max(id) AS last_id, array_agg(id ORDER BY id) AS ids FROM numbered"""

_DISCONTINUE_WRITE = """,
changed AS (
    UPDATE {table} t SET {column} = {gone}, received = CAST(:received AS bigint),
        run_id = CAST(:run_id AS text),
        line_number = NULL, version = greatest(t.version + 1, CAST(:now AS bigint)){extra}
    FROM gone WHERE t.id = gone.id RETURNING 1)"""

_MEASURE = """SELECT
    (SELECT count(*) FROM {table} t WHERE t.source = :source AND t.scope = :scope AND NOT
        ({is_gone}) {no_placeholder})
        AS live,
    (SELECT CASE WHEN CAST(:full AS boolean) THEN (SELECT count(*) {missing}) ELSE 0 END) AS missing,
    (SELECT count(*) FROM import_staging s JOIN {table} t ON t.source = :source AND t.{key} = s.key {collate}
        WHERE s.received = :received AND t.received < CAST(:received AS bigint) AND NOT ({is_gone})
        AND s.deleted) AS deleted,
    {repriced} AS repriced"""

_REPRICED = """(SELECT count(*) FROM import_staging s JOIN {table} t ON t.source = :source
    AND t.{key} = s.key {collate}
        WHERE s.received = :received AND t.received < CAST(:received AS bigint)
            AND s.cells IS NOT NULL AND ({differs}))"""


@dataclass(frozen=True)
class Sweep:
    """The statements of one feed that look at a whole run."""

    feed: TableFeed

    @cached_property
    def parts(self) -> Parts:
        """The feed's pieces."""
        return Parts(self.feed)

    @cached_property
    def discontinue(self) -> TextClause:
        """Marks up to :size rows that the full run did not name, stores results, returns their ids."""
        return text(self._discontinue(write=True))

    @cached_property
    def preview_discontinue(self) -> TextClause:
        """The same without writing to the target."""
        return text(self._discontinue(write=False))

    @cached_property
    def measure(self) -> TextClause:
        """Counts live rows and what the staged run would discontinue and reprice; full is a boolean."""
        feed = self.feed
        repriced = [column for column in feed.columns if column.repriced]
        counted = "0"
        if repriced:
            differs = " OR ".join(self._reprices(column) for column in repriced)
            counted = _REPRICED.format(
                table=self.parts.table, key=self.parts.key, collate=self.parts.collate, differs=differs
            )
        return text(
            _MEASURE.format(
                table=self.parts.table,
                key=self.parts.key,
                is_gone=self.parts.is_gone,
                missing=self._missing,
                repriced=counted,
                no_placeholder=self.parts.no_placeholder,
                collate=self.parts.collate,
            )
        )

    @property
    def _missing(self) -> str:
        return _MISSING.format(
            table=self.parts.table,
            key=self.parts.key,
            is_gone=self.parts.is_gone,
            no_placeholder=self.parts.no_placeholder,
            collate=self.parts.collate,
        )

    def _reprices(self, column: FeedColumn) -> str:
        """The difference read straight from staging: `c.<field>` becomes the staged value."""
        assert column.presence is not None, "a repriced column follows a field"
        assert not column.value, "a repriced column is compared as it was sent"
        field = self.feed.schema.by_name[column.presence]
        value = extracted(self.feed, field, "s.cells")
        new = value if column.default == "NULL" else f"COALESCE({value}, {column.default})"
        return f't."{column.column}" IS DISTINCT FROM {new} AND {self.parts.present(column, "s")}'

    def _discontinue(self, *, write: bool) -> str:
        mark = self.feed.discontinue
        assert mark is not None, "only a feed that can discontinue has full runs"
        extra = "".join(f", {name} = {sql}" for name, sql in self.feed.written.items())
        change = _DISCONTINUE_WRITE.format(
            table=self.parts.table, column=mark.column, gone=mark.gone, extra=extra
        )
        return _DISCONTINUE.format(key=self.parts.key, missing=self._missing, write=change if write else "")
