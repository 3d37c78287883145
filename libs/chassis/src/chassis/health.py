"""Alive and ready: `/healthz` says the process runs, `/readyz` says what it can do, with reasons."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.metrics import metrics_page


class State(StrEnum):
    """READY, DEGRADED (works with less), FAILED (must get no requests)."""

    READY = "ready"
    DEGRADED = "degraded"
    FAILED = "failed"


@dataclass(frozen=True)
class Check:
    """One finding: its state, a sentence, and figures worth showing."""

    state: State
    reason: str = ""
    figures: Mapping[str, Any] | None = None


Probe = Callable[[], Awaitable[Check]]


class Health:
    """The named probes of a process."""

    def __init__(self, probes: Mapping[str, Probe]) -> None:
        self._probes = dict(probes)

    async def report(self) -> tuple[State, dict[str, Any]]:
        """The worst state and every finding."""
        found = {name: await probe() for name, probe in self._probes.items()}
        states = {check.state for check in found.values()}
        worst = next((state for state in (State.FAILED, State.DEGRADED) if state in states), State.READY)
        checks = {
            name: {"state": check.state.value, "reason": check.reason, **(check.figures or {})}
            for name, check in found.items()
        }
        return worst, {"state": worst.value, "checks": checks}


def health_routes(health: Health) -> list[Route]:
    """`/healthz`, `/readyz` and `/metrics`: outside every published contract."""

    async def alive(_: Request) -> Response:
        return Response(b'{"state":"alive"}', media_type="application/json")

    async def ready(_: Request) -> Response:
        state, report = await health.report()
        status = 503 if state is State.FAILED else 200
        return Response(orjson.dumps(report), status_code=status, media_type="application/json")

    return [Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", metrics_page)]
