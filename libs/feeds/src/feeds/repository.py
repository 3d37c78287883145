"""SQL of import runs, their results and their staging."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, RowMapping, Text, func, insert, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import ColumnElement

from chassis.database import Reader, Transaction
from feeds.runs import COUNTS, ENDED, WORKABLE, Lane, Mode, Run, State
from feeds.tables import FeedTables

_DELETED_AT_ONCE = 20_000
_PURGE_STAGING = text(
    """DELETE FROM import_staging WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM import_staging WHERE received = :received LIMIT :size))"""
)
_PURGE_RESULTS = text(
    """DELETE FROM import_result WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM import_result WHERE received = :received LIMIT :size))"""
)

_LAST_LINE = 2**63 - 1
_LAST_KEYS = text(
    """SELECT DISTINCT until FROM (
    SELECT (SELECT key FROM import_staging WHERE received = :received ORDER BY key
        OFFSET place - 1 LIMIT 1) AS until FROM unnest(CAST(:places AS bigint[])) AS place
    UNION ALL SELECT max(key) FROM import_staging WHERE received = :received) ends
WHERE until IS NOT NULL ORDER BY until"""
)


def run_of(row: RowMapping) -> Run:
    """A run from its table row."""
    return Run(
        id=row["id"],
        received=row["received"],
        resource=row["resource"],
        client=row["client"],
        source=row["source"],
        scope=row["scope"],
        mode=Mode(row["mode"]),
        full=row["full"],
        state=State(row["state"]),
        reason=row["reason"],
        profile=row["profile"],
        released_by=row["released_by"],
        keys_unreadable=row["keys_unreadable"],
        counts={name: row[f"{name}_count"] for name in COUNTS},
        notes=row["notes"] or [],
        progress=row["progress"],
        created_at=row["created_at"],
        received_at=row["received_at"],
        finished_at=row["finished_at"],
        data_as_of=row["data_as_of"],
        attempts=row["attempts"],
    )


class RunRepository:
    """Runs of one service."""

    def __init__(self, tables: FeedTables) -> None:
        self._run = tables.run
        self._result = tables.result

    async def add(self, tx: Transaction, values: Mapping[str, Any]) -> None:
        """Registers a run."""
        await tx.execute(insert(self._run).values(**values))

    async def get(self, reader: Reader, run_id: str, *, client: str | None = None) -> Run | None:
        """The run; with `client` only if it is that client's."""
        statement = select(self._run).where(self._run.c.id == run_id)
        if client is not None:
            statement = statement.where(self._run.c.client == client)
        row = await reader.first(statement)
        return run_of(row) if row else None

    async def lock(self, tx: Transaction, run_id: str) -> Run | None:
        """The run, locked until the transaction ends."""
        row = await tx.first(select(self._run).where(self._run.c.id == run_id).with_for_update())
        return run_of(row) if row else None

    async def owned(self, tx: Transaction, run_id: str, owner: str, *, shared: bool = False) -> Run | None:
        """The run, locked, if this worker still holds its lease: the fence of every step.

        `shared`: other steps of the same worker go on beside this one, while no other worker can take it.
        """
        statement = select(self._run).where(self._run.c.id == run_id, self._run.c.lease_owner == owner)
        row = await tx.first(statement.with_for_update(key_share=shared, read=shared))
        return run_of(row) if row else None

    async def set(
        self, tx: Transaction, run_id: str, values: Mapping[str, Any], add: Mapping[str, int] | None = None
    ) -> Run:
        """Writes columns and adds to counts."""
        counted = {f"{name}_count": self._run.c[f"{name}_count"] + more for name, more in (add or {}).items()}
        statement = update(self._run).where(self._run.c.id == run_id).values(**values, **counted)
        row = await tx.first(statement.returning(self._run))
        assert row is not None, "a run is never deleted"
        return run_of(row)

    def unreadable_plus(self, more: int) -> ColumnElement[int]:
        """The count of rows without a readable key, raised."""
        return self._run.c.keys_unreadable + more

    async def lanes(self, reader: Reader, run: Run, number: int) -> list[Lane]:
        """The staged keys of a run cut into up to that many ranges of about as many rows."""
        places = [run.counts["staged"] * part // number for part in range(1, number)]
        found = await reader.scalars(_LAST_KEYS, {"received": run.received, "places": places})
        starts = [("", 0), *((until, _LAST_LINE) for until in found)]
        return [Lane(key, line, until) for (key, line), until in zip(starts, found, strict=False)]

    def lane_at(self, number: int, lane: Lane) -> ColumnElement[Any]:
        """The progress with one lane moved on."""
        path = literal(["lanes", str(number)], ARRAY(Text))
        return func.jsonb_set(self._run.c.progress, path, literal(list(lane), JSONB))

    async def extend(self, tx: Transaction, run_id: str, owner: str, until: datetime) -> int:
        """Prolongs the owner's lease; 0 when it was lost."""
        mine = (self._run.c.id == run_id, self._run.c.lease_owner == owner)
        return await tx.execute(update(self._run).where(*mine).values(lease_until=until))

    async def lease(
        self, tx: Transaction, resources: Sequence[str], owner: str, now: datetime, until: datetime
    ) -> Run | None:
        """The next run to work on: the oldest without an open one before it (client, resource, scope)."""
        run, before = self._run, self._run.alias()
        blocked = (
            select(before.c.id)
            .where(
                before.c.client == run.c.client,
                before.c.resource == run.c.resource,
                before.c.scope == run.c.scope,
                before.c.received < run.c.received,
                before.c.state.in_((State.RECEIVING, *WORKABLE)),
            )
            .exists()
        )
        candidate = (
            select(run.c.id)
            .where(
                run.c.resource.in_(resources),
                run.c.state.in_(WORKABLE),
                or_(run.c.lease_until.is_(None), run.c.lease_until < now),
                ~blocked,
            )
            .order_by(run.c.received)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        found = await tx.scalar(candidate)
        if found is None:
            return None
        return await self.set(
            tx, found, {"lease_owner": owner, "lease_until": until, "attempts": run.c.attempts + 1}
        )

    async def cut_off(self, tx: Transaction, resources: Sequence[str], now: datetime) -> Sequence[str]:
        """Runs whose upload stopped with its process."""
        run = self._run
        lost = (run.c.resource.in_(resources), run.c.state == State.RECEIVING, run.c.lease_until < now)
        return await tx.scalars(select(run.c.id).where(*lost).with_for_update(skip_locked=True))

    async def held_before(self, tx: Transaction, run: Run) -> Sequence[str]:
        """Held runs of the same resource, source and scope that are older than this one."""
        table = self._run
        older = (
            table.c.resource == run.resource,
            table.c.source == run.source,
            table.c.scope == run.scope,
            table.c.state == State.HELD,
            table.c.received < run.received,
        )
        return await tx.scalars(select(table.c.id).where(*older).order_by(table.c.received).with_for_update())

    async def held_since(self, tx: Transaction, resources: Sequence[str], moment: datetime) -> Sequence[str]:
        """Held runs received before the moment."""
        run = self._run
        old = (run.c.resource.in_(resources), run.c.state == State.HELD, run.c.received_at < moment)
        return await tx.scalars(select(run.c.id).where(*old).with_for_update(skip_locked=True))

    async def ran_before(self, reader: Reader, run: Run) -> bool:
        """Whether an earlier run of the same resource, source and scope was applied."""
        table = self._run
        earlier = (
            table.c.resource == run.resource,
            table.c.source == run.source,
            table.c.scope == run.scope,
            table.c.received < run.received,
            table.c.mode != Mode.PREVIEW,
            table.c.state == State.DONE,
        )
        return bool(await reader.scalar(select(select(table.c.id).where(*earlier).exists())))

    async def page(
        self,
        reader: Reader,
        *,
        limit: int,
        before: str | None = None,
        client: str | None = None,
        resources: Sequence[str],
        states: Sequence[str] = (),
    ) -> list[Run]:
        """Runs of these resources by id, newest first: an order that runs of several services share."""
        conditions: list[ColumnElement[bool]] = [self._run.c.resource.in_(resources)]
        if before is not None:
            conditions.append(self._run.c.id < before)
        if client is not None:
            conditions.append(self._run.c.client == client)
        if states:
            conditions.append(self._run.c.state.in_(states))
        statement = select(self._run).where(*conditions).order_by(self._run.c.id.desc()).limit(limit)
        return [run_of(row) for row in await reader.all(statement)]

    async def results(
        self, reader: Reader, run: Run, *, limit: int, after: int | None = None, statuses: Sequence[str] = ()
    ) -> Sequence[RowMapping]:
        """Results by line; rows that a full feed left out come first, with negative numbers."""
        conditions = [self._result.c.received == run.received]
        if after is not None:
            conditions.append(self._result.c.line_number > after)
        if statuses:
            conditions.append(self._result.c.status.in_(statuses))
        statement = select(self._result).where(*conditions).order_by(self._result.c.line_number).limit(limit)
        return await reader.all(statement)

    async def uncleaned(self, reader: Reader) -> list[Run]:
        """Ended runs whose staging is still there."""
        run = self._run
        statement = select(run).where(~run.c.cleaned, run.c.state.in_(ENDED)).limit(50)
        return [run_of(row) for row in await reader.all(statement)]

    async def purge_staging(self, tx: Transaction, received: int) -> int:
        """Deletes some of a run's staged rows; 0 when none are left."""
        return await tx.execute(_PURGE_STAGING, {"received": received, "size": _DELETED_AT_ONCE})

    async def expired_results(self, reader: Reader, moment: datetime) -> Sequence[int]:
        """Receive sequences of runs that ended before the moment and still have results."""
        run, result = self._run, self._result
        has = select(result.c.received).where(result.c.received == run.c.received).exists()
        return await reader.scalars(select(run.c.received).where(run.c.finished_at < moment, has).limit(20))

    async def purge_results(self, tx: Transaction, received: int) -> int:
        """Deletes some of a run's results; 0 when none are left."""
        return await tx.execute(_PURGE_RESULTS, {"received": received, "size": _DELETED_AT_ONCE})
