"""Health: alive is alive, ready says why not."""

import pytest

from chassis.health import Check, Health, Probe, State
from libs.chassis.tests.support.thing_service import calling, thing_app


def _probe(check: Check) -> Probe:
    async def probe() -> Check:
        return check

    return probe


@pytest.mark.parametrize(
    ("states", "worst", "status"),
    [
        ([State.READY, State.READY], "ready", 200),
        ([State.READY, State.DEGRADED], "degraded", 200),
        ([State.FAILED, State.DEGRADED], "failed", 503),
        ([], "ready", 200),
    ],
)
async def test_readiness_is_the_worst_finding_with_its_reasons(
    states: list[State], worst: str, status: int
) -> None:
    probes = {
        f"p{place}": _probe(Check(state, "because", {"lag": place})) for place, state in enumerate(states)
    }
    async with calling(thing_app(health=Health(probes))) as client:
        answer = await client.get("/readyz")
        alive = await client.get("/healthz")
    assert (status, worst, 200) == (answer.status_code, answer.json()["state"], alive.status_code)
    for place, state in enumerate(states):
        assert {"state": state.value, "reason": "because", "lag": place} == answer.json()["checks"][
            f"p{place}"
        ]
