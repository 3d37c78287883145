"""What schemathesis does not know: who calls, and objects that exist; loaded by it, told by KONTOR_FUZZ."""

# ruff: noqa: ARG002 - signatures are schemathesis' own

import json
import os
import zlib
from pathlib import Path
from typing import Any, Final

import requests
import schemathesis

_TOLD: Final = json.loads(Path(os.environ["KONTOR_FUZZ"]).read_text())
# Shorter than any access token lives.
_REFRESH_SECONDS: Final = 120


@schemathesis.auth(refresh_interval=_REFRESH_SECONDS)
class Token:
    """The token of the surface's mightiest caller."""

    def get(self, case: Any, context: Any) -> str:
        """Logs in."""
        told = _TOLD["login"]
        answer = requests.post(_TOLD["gateway"] + told["path"], timeout=30, **told["with"])
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def set(self, case: Any, data: str, context: Any) -> None:
        """Shows the token."""
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Three of four times names what exists, so that more is tried than how nothing is found."""
    known = _TOLD["ids"].get(context.operation.path, {})
    if path_parameters and zlib.crc32(repr(sorted(path_parameters.items())).encode()) % 4:
        return {**path_parameters, **{name: known[name] for name in path_parameters if name in known}}
    return path_parameters


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Half of the time a change names the version that is there, so that it is really made."""
    headers = kwargs.get("headers") or case.headers or {}
    if "If-Match" not in headers or zlib.crc32(repr(case.body).encode()) % 2:
        return
    path = case.formatted_path.removesuffix("/names").removesuffix("/move")
    found = requests.get(
        _TOLD["gateway"] + path, headers={"Authorization": headers.get("Authorization", "")}, timeout=30
    )
    if "ETag" in found.headers:
        case.headers = {**(case.headers or {}), "If-Match": found.headers["ETag"]}
