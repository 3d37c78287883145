"""pricing as catalog knows it: the audience of a user, over real HTTP on loopback."""

import base64
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import web

from chassis.ids import new_id

Rules = list[dict[str, Any]]


class Pricing:
    """Audiences by user id. `asked` counts the questions; while `silent` it answers 503."""

    def __init__(self) -> None:
        self.url = ""
        self.asked = 0
        self.silent = False
        self.audiences: dict[str, dict[str, Any]] = {}

    def give(
        self,
        user_id: str,
        catalogue_id: str | None,
        *,
        also: Rules | None = None,
        only: Rules | None = None,
        hide: Rules | None = None,
    ) -> str:
        """The user gets an audience of his own; returns its id."""
        known = self.audiences.get(user_id)
        self.audiences[user_id] = {
            "audience_id": known["audience_id"] if known else new_id(),
            "version": known["version"] + 1 if known else 1,
            "catalogue_id": catalogue_id,
            "also": also or [],
            "only": only or [],
            "hide": hide or [],
        }
        audience_id: str = self.audiences[user_id]["audience_id"]
        return audience_id

    async def answer(self, request: web.Request) -> web.Response:
        """GET /internal/v1/audience."""
        self.asked += 1
        if self.silent:
            return web.json_response({"code": "visibility_pending"}, status=503)
        user_id = request.query.get("user_id") or _subject(request.headers)
        found = self.audiences.get(user_id)
        if found is None:
            return web.json_response({"code": "not_found"}, status=404)
        return web.json_response(found)


def also(target_id: str) -> dict[str, Any]:
    """An also or hide entry."""
    return {"target": "product", "id": target_id, "rule_id": new_id()}


def only(*target_ids: str) -> dict[str, Any]:
    """An only entry."""
    return {"rule_id": new_id(), "targets": [{"target": "product", "id": key} for key in target_ids]}


def _subject(headers: Mapping[str, str]) -> str:
    payload = headers["Authorization"].split(".")[1]
    subject: str = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"]
    return subject


def _free_port() -> int:
    for port in range(21_000, 32_000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise AssertionError("no port is free")


@asynccontextmanager
async def running_pricing() -> AsyncIterator[Pricing]:
    """pricing on a port of its own."""
    pricing = Pricing()
    app = web.Application()
    app.router.add_get("/internal/v1/audience", pricing.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    port = _free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    pricing.url = f"http://127.0.0.1:{port}"
    try:
        yield pricing
    finally:
        await runner.cleanup()
