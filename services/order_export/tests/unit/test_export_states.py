"""The export state machine, walked: every event from every state, and long random walks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from order_export.exports.models import (
    OPEN,
    Acknowledge,
    Claim,
    Event,
    Expire,
    Extend,
    Forbidden,
    Hand,
    Job,
    LookupFailed,
    NotFoundThere,
    NotTaken,
    OutcomeLost,
    Policy,
    Reconcile,
    Reject,
    Release,
    Send,
    SendAgain,
    Settle,
    Stale,
    State,
    apply,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
PULL = Policy(pulls=True, deduplicates=False, looks_up=False, max_attempts=3)
PULL_DEDUPLICATING = replace(PULL, deduplicates=True)
PUSH = Policy(pulls=False, deduplicates=False, looks_up=False, max_attempts=3)
PUSH_LOOKING_UP = replace(PUSH, looks_up=True)


def job(state: State, **changes: Any) -> Job:
    """A job in a state, claimed once."""
    leased = state in (State.CLAIMED, State.SENDING, State.RECONCILING)
    fresh = Job(state, attempt=1, fence=1, lease_until=LATER if leased else None, next_attempt_at=NOW)
    return replace(fresh, **changes)


def test_a_push_goes_from_ready_to_acknowledged() -> None:
    claimed = apply(job(State.READY), Claim(LATER), PUSH, NOW)
    assert (State.CLAIMED, 2, 2) == (claimed.state, claimed.fence, claimed.attempt)
    sending = apply(claimed, Send(2), PUSH, NOW)
    done = apply(sending, Acknowledge("ERP-1"), PUSH, NOW)
    assert (State.ACKNOWLEDGED, "ERP-1", None) == (done.state, done.erp_order_number, done.lease_until)


def test_an_answered_claim_counts_as_sent() -> None:
    assert State.SENDING is apply(job(State.READY), Hand(LATER), PULL, NOW).state


def test_a_crash_before_the_first_byte_is_ready_again_and_after_it_unknown() -> None:
    assert State.READY is apply(job(State.CLAIMED), Expire(), PUSH, LATER).state
    assert State.UNKNOWN is apply(job(State.SENDING), Expire(), PUSH, LATER).state


def test_an_erp_that_did_not_answer_is_given_time_before_it_is_asked() -> None:
    patient = replace(PUSH_LOOKING_UP, settle=timedelta(minutes=1))
    lost = apply(job(State.SENDING), OutcomeLost(1), patient, NOW)
    assert (State.UNKNOWN, NOW + patient.settle) == (lost.state, lost.next_attempt_at)
    crashed = apply(job(State.SENDING), Expire(), patient, LATER)
    assert (State.UNKNOWN, LATER + patient.settle) == (crashed.state, crashed.next_attempt_at)
    # Asking again costs nothing of that.
    asking = job(State.RECONCILING)
    assert apply(asking, LookupFailed(1), patient, NOW).next_attempt_at < NOW + patient.settle


def test_an_expired_pull_is_offered_again_only_to_a_connector_that_deduplicates() -> None:
    assert State.UNKNOWN is apply(job(State.SENDING), Expire(), PULL, LATER).state
    with pytest.raises(Forbidden):
        apply(job(State.SENDING), Hand(LATER + timedelta(minutes=5)), PULL, LATER)
    again = apply(job(State.SENDING), Hand(LATER + timedelta(minutes=5)), PULL_DEDUPLICATING, LATER)
    assert (State.SENDING, 2, 2) == (again.state, again.fence, again.attempt)


def test_a_lease_that_still_runs_is_neither_expired_nor_handed_out() -> None:
    for event in (Expire(), Hand(LATER)):
        with pytest.raises(Forbidden):
            apply(job(State.SENDING), event, PULL_DEDUPLICATING, NOW)


@pytest.mark.parametrize("state", sorted(OPEN))
def test_an_acknowledgement_closes_any_open_export_whatever_its_fence(state: State) -> None:
    assert State.ACKNOWLEDGED is apply(job(state), Acknowledge("E1"), PULL, NOW).state


def test_the_same_number_again_changes_nothing_and_another_one_is_a_conflict() -> None:
    done = job(State.ACKNOWLEDGED, erp_order_number="E1")
    assert done == apply(done, Acknowledge("E1"), PULL, NOW)
    assert State.CONFLICT is apply(done, Acknowledge("E2"), PULL, NOW).state


@pytest.mark.parametrize("state", [State.REJECTED, State.DEAD])
def test_a_late_acknowledgement_on_a_closed_export_is_a_conflict(state: State) -> None:
    assert State.CONFLICT is apply(job(state), Acknowledge("E1"), PULL, NOW).state


@pytest.mark.parametrize("event", [Reject(7, ()), Release(7), Extend(7, LATER)])
def test_a_stale_fence_refuses_reject_release_and_extend(event: Event) -> None:
    with pytest.raises(Stale):
        apply(job(State.SENDING), event, PULL, NOW)


def test_the_last_fence_may_still_release_or_reject_an_unknown_export() -> None:
    assert State.READY is apply(job(State.UNKNOWN), Release(1), PULL, NOW).state
    assert State.REJECTED is apply(job(State.UNKNOWN), Reject(1, ()), PULL, NOW).state


def test_what_was_surely_not_taken_waits_longer_each_time_and_dies_after_the_last_attempt() -> None:
    first = apply(job(State.SENDING), NotTaken(1), PUSH, NOW)
    second = apply(job(State.SENDING, attempt=2), NotTaken(1), PUSH, NOW)
    last = apply(job(State.SENDING, attempt=3), NotTaken(1), PUSH, NOW)
    assert State.READY is first.state
    assert NOW < first.next_attempt_at < second.next_attempt_at
    assert State.DEAD is last.state


def test_a_lost_outcome_is_asked_for_before_anything_is_sent_again() -> None:
    unknown = apply(job(State.SENDING), OutcomeLost(1), PUSH_LOOKING_UP, NOW)
    with pytest.raises(Forbidden):
        apply(unknown, Claim(LATER), PUSH_LOOKING_UP, NOW)
    asking = apply(unknown, Reconcile(LATER), PUSH_LOOKING_UP, NOW)
    assert State.RECONCILING is asking.state
    assert State.READY is apply(asking, NotFoundThere(asking.fence), PUSH_LOOKING_UP, NOW).state
    assert State.UNKNOWN is apply(asking, LookupFailed(asking.fence), PUSH_LOOKING_UP, NOW).state


def test_an_erp_that_neither_deduplicates_nor_looks_up_leaves_unknown_to_a_person() -> None:
    unknown = job(State.UNKNOWN)
    with pytest.raises(Forbidden):
        apply(unknown, Reconcile(LATER), PUSH, NOW)
    assert "at_most_once_then_person" == PUSH.guarantee
    assert State.READY is apply(unknown, SendAgain(), PUSH, NOW).state
    assert State.ACKNOWLEDGED is apply(unknown, Settle("E1"), PUSH, NOW).state
    assert State.REJECTED is apply(unknown, Settle(None), PUSH, NOW).state


def events(fences: st.SearchStrategy[int]) -> st.SearchStrategy[Event]:
    """Any event, with fences that sometimes fit."""
    times = st.sampled_from([NOW + timedelta(minutes=minutes) for minutes in (1, 5, 60)])
    numbers = st.sampled_from(["E1", "E2"])
    return st.one_of(
        st.builds(Claim, times),
        st.builds(Hand, times),
        st.builds(Send, fences),
        st.builds(Acknowledge, numbers),
        st.builds(Reject, fences, st.just(())),
        st.builds(Release, fences),
        st.builds(Extend, fences, times),
        st.builds(NotTaken, fences),
        st.builds(OutcomeLost, fences),
        st.builds(Expire),
        st.builds(Reconcile, times),
        st.builds(NotFoundThere, fences),
        st.builds(LookupFailed, fences),
        st.builds(SendAgain),
        st.builds(Settle, st.one_of(st.none(), numbers)),
    )


POLICIES = st.builds(
    Policy,
    pulls=st.booleans(),
    deduplicates=st.booleans(),
    looks_up=st.booleans(),
    max_attempts=st.integers(1, 4),
)
MINUTES = st.integers(0, 120)


@settings(max_examples=400, deadline=None)
@given(policy=POLICIES, walk=st.lists(st.tuples(events(st.integers(0, 5)), MINUTES), max_size=40))
def test_no_walk_sends_twice_what_may_be_booked_unless_the_erp_or_a_person_covers_it(
    policy: Policy, walk: list[tuple[Event, int]]
) -> None:
    present = Job(State.READY, attempt=0, fence=0, lease_until=None, next_attempt_at=NOW)
    now, maybe_booked = NOW, False
    for event, minutes in walk:
        now += timedelta(minutes=minutes)
        try:
            following = apply(present, event, policy, now)
        except (Forbidden, Stale):
            continue
        assert following.fence >= present.fence
        assert (following.lease_until is not None) == (
            following.state in (State.CLAIMED, State.SENDING, State.RECONCILING)
        )
        if isinstance(event, Send | Hand):
            assert not maybe_booked or policy.deduplicates, "sent again while it may be booked"
            maybe_booked = True
        elif isinstance(event, Release | NotTaken | NotFoundThere | Reject | SendAgain):
            # The ERP, or a person who looked, said that it is not there.
            maybe_booked = False
        elif isinstance(event, Acknowledge):
            assert following.state in (State.ACKNOWLEDGED, State.CONFLICT), "evidence was dropped"
        present = following


@settings(max_examples=300, deadline=None)
@given(policy=POLICIES, event=events(st.integers(0, 3)), state=st.sampled_from(State), minutes=MINUTES)
def test_every_event_in_every_state_moves_or_says_no(
    policy: Policy, event: Event, state: State, minutes: int
) -> None:
    try:
        following = apply(job(state), event, policy, NOW + timedelta(minutes=minutes))
    except (Forbidden, Stale):
        return
    assert following.state in State
