"""Protections, taken out one by one, each in a process that is started for it: a proof must notice."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from aiokafka import AIOKafkaConsumer

from chassis.idempotency import IdempotencyKeys
from eventing.parking import ParkingLot
from eventing.relay import Relay, RelayPlan
from gateway.admission.revocations import Revocations
from order_export.exports import models
from order_export.exports.schemas import ClaimedExport
from tests.faults.support.import_mutations import IMPORT_MUTATIONS


def mark_before_send() -> None:
    """The relay marks rows as published, then sends them."""
    send = Relay._send

    async def marked_first(relay: Relay, producer: Any, rows: Any, *, alone: bool = False) -> None:
        await relay._lane.mark(relay._database, list(rows))
        await send(relay, producer, rows, alone=alone)

    Relay._send = marked_first  # type: ignore[method-assign, assignment]


def commit_before_apply() -> None:
    """The consumer commits what it has polled, then applies it."""
    poll = AIOKafkaConsumer.getmany

    async def committed_first(client: AIOKafkaConsumer, *args: Any, **named: Any) -> Any:
        found = await poll(client, *args, **named)
        if found:
            await client.commit()
        return found

    AIOKafkaConsumer.getmany = committed_first


def forget_keys() -> None:
    """The key is not written in the transaction that does the work."""

    async def begin(*_: Any) -> None:
        return None

    IdempotencyKeys.begin = begin  # type: ignore[method-assign, assignment]


def send_again_unasked() -> None:
    """An export whose sender died while sending goes back to READY, as if nothing could have left."""
    expired = models._expired

    def unasked(job: models.Job, policy: models.Policy, now: Any) -> models.Job:
        after = expired(job, policy, now)
        return replace(after, state=models.State.READY) if after.state is models.State.UNKNOWN else after

    models._expired = unasked


def hide_redelivery() -> None:
    """An order that is handed out again is not marked as such."""
    of = ClaimedExport.of

    def unmarked(claimed: Any) -> ClaimedExport:
        return of(claimed).model_copy(update={"redelivery": False})

    ClaimedExport.of = unmarked  # type: ignore[method-assign]


def park_nothing() -> None:
    """What cannot be applied is tried until it goes."""

    async def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("nothing is parked")

    ParkingLot.park = refuse  # type: ignore[method-assign]


def publish_nothing_again() -> None:
    """The relay creates the topics of an empty Kafka, and tells nothing again."""
    start = Relay.__init__

    async def silent() -> None:
        return None

    def without(relay: Relay, database: Any, tables: Any, plan: RelayPlan, *rest: Any) -> None:
        start(relay, database, tables, replace(plan, republish=silent), *rest)

    Relay.__init__ = without  # type: ignore[method-assign, assignment]


def ask_nobody() -> None:
    """The gateway does not ask accounts for revocations while the topic is silent."""

    async def look(_: Revocations) -> None:
        return None

    Revocations._look = look  # type: ignore[method-assign, assignment]


MUTATIONS: Final[dict[str, Callable[[], None]]] = {
    function.__name__: function
    for function in (
        mark_before_send,
        commit_before_apply,
        forget_keys,
        send_again_unasked,
        hide_redelivery,
        park_nothing,
        publish_nothing_again,
        ask_nobody,
    )
} | IMPORT_MUTATIONS
