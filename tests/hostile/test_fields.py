"""Every hostile value in every field of its kind of every operation: refused by name, or kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.hostile.cases import ACCEPTED, ENDING, Case, cases_for, problem_of, sampled
from tests.hostile.sending import Sender, Verdict, each, is_batch, judged, listed, parts
from tests.hostile.stored import untouched
from tests.support.contract import OPERATIONS
from tests.support.examples import Examples, Field, Request
from tests.support.known import Known
from tests.support.system import System


@dataclass(frozen=True)
class Attempt:
    """A hostile value at one place of a request."""

    request: Request
    field: Field
    case: Case

    def __str__(self) -> str:
        return f"{self.request.operation} {self.field.name}: {self.case.name}"

    @property
    def hopeless(self) -> bool:
        """Whether it must be refused."""
        return ACCEPTED not in self.case.right


def attempts(known: Known) -> Sequence[Attempt]:
    """From the contracts; all of them, or a sample."""
    found = []
    for number, operation in enumerate(OPERATIONS):
        request, fields = Examples(known.ids_for(operation), mark=f"hostile-{number}").of(operation)
        for field in fields:
            for case in cases_for(field, feed=is_batch(operation)):
                found.append(Attempt(request.with_value(field.pointer, case.raw), field, case))
    return sampled(found)


async def _judge(http: Sender, chosen: Sequence[Attempt]) -> list[tuple[Attempt, Verdict]]:
    verdicts: list[tuple[Attempt, Verdict]] = []

    async def judge(attempt: Attempt) -> None:
        verdicts.append((attempt, judged(attempt.request.operation, await http.send(attempt.request))))

    await each(chosen, judge)
    return verdicts


def _wrong(verdicts: list[tuple[Attempt, Verdict]]) -> list[str]:
    return [
        f"{attempt} -> {verdict.status}, not {sorted(attempt.case.right)}: {verdict.answer.content[:200]!r}"
        for attempt, verdict in verdicts
        if problem_of(verdict.status, attempt.case.right) or _elsewhere(attempt, verdict)
    ]


def _elsewhere(attempt: Attempt, verdict: Verdict) -> bool:
    """Whether something else was refused than the hostile value."""
    if verdict.status != 422:
        return False
    return not any(
        pointer.startswith(attempt.field.name) or attempt.field.name.startswith(pointer + "/")
        for pointer in verdict.pointers
    )


async def test_what_must_be_refused_is_refused_by_name_and_stores_nothing(
    system: System, known: Known, http: Sender
) -> None:
    chosen = [attempt for attempt in attempts(known) if attempt.hopeless]
    for part in parts(chosen):
        async with untouched(system, http):
            assert [] == (wrong := _wrong(await _judge(http, part))), listed(wrong)


async def test_what_may_be_kept_is_kept_or_refused_by_name(
    system: System, known: Known, http: Sender
) -> None:
    kept = [attempt for attempt in attempts(known) if not attempt.hopeless]
    verdicts = await _judge(http, [one for one in kept if one.request.operation.id not in ENDING])
    assert [] == (wrong := _wrong(verdicts)), listed(wrong)
    refused = [attempt for attempt, verdict in verdicts if verdict.refused]
    for part in parts(refused):
        async with untouched(system, http):
            await _judge(http, part)
