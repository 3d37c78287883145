"""Public keys over HTTP."""

from typing import Any

from fastapi import Response

from accounts.wiring import Wired
from chassis.models import Answer
from chassis.routing import router

routes = router("keys")


class KeySet(Answer):
    """A JSON Web Key Set (RFC 7517)."""

    keys: list[dict[str, Any]]


@routes.get(
    "/.well-known/jwks.json", operation_id="get_keys", summary="Public keys that verify access tokens"
)
async def get_keys(wiring: Wired, response: Response) -> KeySet:
    response.headers["Cache-Control"] = "public, max-age=300"
    return KeySet(keys=await wiring.keys.published())
