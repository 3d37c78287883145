"""The export state machine: pure transitions of a job, each event a class of its own.

READY → CLAIMED(lease, fence) → SENDING → ACKNOWLEDGED | REJECTED | UNKNOWN → RECONCILING → …, CONFLICT, DEAD.
An acknowledgement is evidence and never refused; the fence only guards reject, release and extend.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

LONGEST_BACK_OFF: Final = timedelta(minutes=15)


class State(StrEnum):
    """Where an export stands. SENDING: the first byte may have left."""

    READY = "READY"
    CLAIMED = "CLAIMED"
    SENDING = "SENDING"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"
    RECONCILING = "RECONCILING"
    CONFLICT = "CONFLICT"
    DEAD = "DEAD"


OPEN: Final = frozenset({State.READY, State.CLAIMED, State.SENDING, State.UNKNOWN, State.RECONCILING})
LEASED: Final = frozenset({State.CLAIMED, State.SENDING, State.RECONCILING})
FENCED: Final = frozenset({State.CLAIMED, State.SENDING, State.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Policy:
    """What a connector declares and allows.

    `settle`: how long the ERP may still be at work on an order that it did not answer (push).
    """

    pulls: bool
    deduplicates: bool
    looks_up: bool
    max_attempts: int
    settle: timedelta = timedelta(0)

    @property
    def guarantee(self) -> str:
        """What can be promised: exactly once, or at most once plus a person."""
        return "exactly_once" if self.deduplicates or self.looks_up else "at_most_once_then_person"


@dataclass(frozen=True, slots=True)
class Job:
    """The part of an export that the state machine moves."""

    state: State
    attempt: int
    fence: int
    lease_until: datetime | None
    next_attempt_at: datetime
    erp_order_number: str | None = None
    reasons: tuple[Mapping[str, Any], ...] | None = None


class Forbidden(Exception):  # noqa: N818 - not an error of ours: the state machine says no
    """The event does not follow from the job's state."""

    def __init__(self, state: State) -> None:
        super().__init__(state.value)
        self.state = state


class Stale(Exception):  # noqa: N818 - not an error of ours: the fence says no
    """The fence named is not the job's last one."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker of the platform takes the job (push)."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Hand:
    """The job is answered to a claim (pull): the answer is the first byte."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Send:
    """The first byte is about to leave (push)."""

    fence: int


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """The ERP has the order under this number."""

    erp_order_number: str


@dataclass(frozen=True, slots=True)
class Reject:
    """The ERP does not take the order."""

    fence: int
    reasons: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Release:
    """The holder gives the job back: nothing was booked."""

    fence: int


@dataclass(frozen=True, slots=True)
class Extend:
    """The holder needs longer."""

    fence: int
    until: datetime


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The ERP certainly did not take it: no connection, or it said so."""

    fence: int


@dataclass(frozen=True, slots=True)
class OutcomeLost:
    """Bytes left and no answer came."""

    fence: int


@dataclass(frozen=True, slots=True)
class Expire:
    """The lease ran out."""


@dataclass(frozen=True, slots=True)
class Reconcile:
    """The ERP is asked whether it has the order, or it may safely be sent again."""

    until: datetime


@dataclass(frozen=True, slots=True)
class NotFoundThere:
    """The ERP was asked and does not have the order."""

    fence: int


@dataclass(frozen=True, slots=True)
class LookupFailed:
    """The ERP could not say."""

    fence: int


@dataclass(frozen=True, slots=True)
class SendAgain:
    """A person decides that it is sent (again)."""


@dataclass(frozen=True, slots=True)
class Settle:
    """A person decides under which number the ERP has it; None: it never will."""

    erp_order_number: str | None


Event = (
    Claim | Hand | Send | Acknowledge | Reject | Release | Extend | NotTaken | OutcomeLost | Expire
    | Reconcile | NotFoundThere | LookupFailed | SendAgain | Settle
)  # fmt: skip


def back_off(attempt: int) -> timedelta:
    """How long to wait after an attempt that did not succeed: 1 s, doubled each time, at most 15 minutes."""
    return min(timedelta(seconds=2 ** min(max(attempt - 1, 0), 20)), LONGEST_BACK_OFF)


def apply(job: Job, event: Event, policy: Policy, now: datetime) -> Job:
    """The job after the event. Raises Forbidden, Stale."""
    match event:
        case Claim(until) | Hand(until):
            return _taken(job, event, until, policy, now)
        case Acknowledge(number):
            return _acknowledged(job, number)
        case Expire():
            return _expired(job, policy, now)
        case Reconcile(until):
            return _reconciling(job, until, policy, now)
        case SendAgain() | Settle():
            return _decided(job, event, now)
        case _:
            return _reported(job, event, policy, now)


def redeliverable(job: Job, policy: Policy, now: datetime) -> bool:
    """Whether an expired pull may be handed out again: only to a connector that deduplicates."""
    expired = job.lease_until is not None and job.lease_until <= now
    return _may_repeat(job, policy) and expired


def _may_repeat(job: Job, policy: Policy) -> bool:
    # Behind the last attempt it is UNKNOWN and not DEAD: the ERP may have booked it.
    return (
        policy.pulls
        and policy.deduplicates
        and job.state is State.SENDING
        and job.attempt < policy.max_attempts
    )


def _taken(job: Job, event: Claim | Hand, until: datetime, policy: Policy, now: datetime) -> Job:
    if job.state is not State.READY and not (isinstance(event, Hand) and redeliverable(job, policy, now)):
        raise Forbidden(job.state)
    state = State.SENDING if isinstance(event, Hand) else State.CLAIMED
    return replace(job, state=state, fence=job.fence + 1, attempt=job.attempt + 1, lease_until=until)


def _acknowledged(job: Job, number: str) -> Job:
    if job.state in OPEN:
        return replace(job, state=State.ACKNOWLEDGED, erp_order_number=number, lease_until=None)
    if job.state is State.ACKNOWLEDGED and job.erp_order_number == number:
        return job
    return replace(job, state=State.CONFLICT, lease_until=None)


def _expired(job: Job, policy: Policy, now: datetime) -> Job:
    if job.state not in LEASED or job.lease_until is None or job.lease_until > now:
        raise Forbidden(job.state)
    if job.state is State.CLAIMED:
        return _again(job, policy, now)
    if redeliverable(job, policy, now):
        return job
    settle = policy.settle if job.state is State.SENDING else timedelta(0)
    return replace(job, state=State.UNKNOWN, lease_until=None, next_attempt_at=now + settle)


def _again(job: Job, policy: Policy, now: datetime) -> Job:
    """Back to READY after a while, or DEAD when the policy's attempts are used up."""
    if job.attempt >= policy.max_attempts:
        return replace(job, state=State.DEAD, lease_until=None)
    return replace(job, state=State.READY, lease_until=None, next_attempt_at=now + back_off(job.attempt))


def _reconciling(job: Job, until: datetime, policy: Policy, now: datetime) -> Job:
    if job.state is not State.UNKNOWN or policy.pulls:
        raise Forbidden(job.state)
    if policy.looks_up:
        return replace(job, state=State.RECONCILING, fence=job.fence + 1, lease_until=until)
    if policy.deduplicates:
        return _again(job, policy, now)
    raise Forbidden(job.state)


def _decided(job: Job, event: SendAgain | Settle, now: datetime) -> Job:
    if isinstance(event, SendAgain):
        if job.state not in (State.UNKNOWN, State.REJECTED, State.DEAD, State.CONFLICT):
            raise Forbidden(job.state)
        # Attempts are counted anew: a person has looked, so the policy starts again.
        return replace(
            job,
            state=State.READY,
            attempt=0,
            lease_until=None,
            next_attempt_at=now,
            reasons=None,
            erp_order_number=None,
        )
    if job.state not in (State.UNKNOWN, State.CONFLICT, State.DEAD, State.REJECTED):
        raise Forbidden(job.state)
    if event.erp_order_number is None:
        return replace(job, state=State.REJECTED, lease_until=None, erp_order_number=None)
    return replace(job, state=State.ACKNOWLEDGED, lease_until=None, erp_order_number=event.erp_order_number)


def _reported(job: Job, event: Event, policy: Policy, now: datetime) -> Job:
    """What the holder of the last fence reports."""
    allowed, fence = _guard(event)
    if job.state not in allowed:
        raise Forbidden(job.state)
    if fence != job.fence:
        raise Stale
    match event:
        case Send():
            return replace(job, state=State.SENDING)
        case Reject(_, reasons):
            return replace(job, state=State.REJECTED, lease_until=None, reasons=reasons)
        case Release():
            return replace(job, state=State.READY, lease_until=None, next_attempt_at=now)
        case Extend(_, until):
            return replace(job, lease_until=until)
        case NotTaken() | NotFoundThere():
            return _again(job, policy, now)
        case _:
            later = now + back_off(job.attempt)
            if isinstance(event, OutcomeLost):
                # Asked earlier, an ERP that is about to book would truthfully say that it has nothing.
                later = max(later, now + policy.settle)
            return replace(job, state=State.UNKNOWN, lease_until=None, next_attempt_at=later)


def _guard(event: Event) -> tuple[frozenset[State], int]:
    """The states in which a holder may report the event, and the fence it names."""
    match event:
        case Send(fence):
            return frozenset({State.CLAIMED}), fence
        case Reject(fence, _) | Release(fence):
            return FENCED, fence
        case Extend(fence, _):
            return frozenset({State.CLAIMED, State.SENDING}), fence
        case NotTaken(fence):
            return frozenset({State.CLAIMED, State.SENDING}), fence
        case OutcomeLost(fence):
            return frozenset({State.SENDING}), fence
        case NotFoundThere(fence) | LookupFailed(fence):
            return frozenset({State.RECONCILING}), fence
        case _:
            raise TypeError(type(event).__name__)
