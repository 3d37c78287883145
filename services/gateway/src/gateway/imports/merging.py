"""The runs of several services as one list, newest first: ids are UUIDv7, so their order is that of time."""

import asyncio
import heapq
from collections.abc import Mapping, Sequence
from typing import Any

from chassis.principal import Principal
from chassis.upstream import Upstream, UpstreamDown


class ImportRuns:
    """Asks every service that takes feeds, and merges."""

    def __init__(self, services: Sequence[Upstream]) -> None:
        self._services = services

    async def page(
        self, principal: Principal, states: Sequence[str], before: str | None, limit: int
    ) -> list[Mapping[str, Any]]:
        """Runs older than `before`, one more than `limit`.

        Raises UpstreamDown when any service is silent: a list with a hole would pass for a whole one.
        """
        params = [("limit", str(limit + 1)), *(("state", state) for state in states)]
        if before is not None:
            params.append(("before", before))
        pages = await asyncio.gather(*(self._ask(service, principal, params) for service in self._services))
        merged = heapq.merge(*pages, key=lambda run: run["id"], reverse=True)
        return [run for _, run in zip(range(limit + 1), merged, strict=False)]

    @staticmethod
    async def _ask(
        service: Upstream, principal: Principal, params: list[tuple[str, str]]
    ) -> list[Mapping[str, Any]]:
        answer = await service.call("GET", "/internal/v1/imports", principal=principal, params=params)
        if answer.status != 200:
            raise UpstreamDown(service.service)
        items: list[Mapping[str, Any]] = answer.json()["items"]
        return items
