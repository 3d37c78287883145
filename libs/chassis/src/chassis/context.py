"""What travels with a request: its id, its trace and its deadline, in context variables."""

import re
import secrets
import time
from contextvars import ContextVar
from typing import Final

# All zeros is how W3C Trace Context writes "none".
_TRACEPARENT: Final = re.compile(
    r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})", re.ASCII
)
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)
deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def accept_request_id(offered: str | None) -> str:
    """The caller's request id if it is harmless, else a new one."""
    if offered and _REQUEST_ID.fullmatch(offered):
        return offered
    return secrets.token_hex(12)


def accept_traceparent(offered: str | None) -> str:
    """The caller's trace (W3C Trace Context) continued, or a new one."""
    found = _TRACEPARENT.fullmatch(offered or "")
    trace, flags = (found[1], found[3]) if found else (secrets.token_hex(16), "00")
    return f"00-{trace}-{secrets.token_hex(8)}-{flags}"


def trace_id() -> str | None:
    """The trace id of the present request or message."""
    present = traceparent.get()
    return present[3:35] if present else None


def seconds_left(at_most: float) -> float:
    """Time for a call: what the request's deadline leaves, never more than `at_most`."""
    end = deadline.get()
    return at_most if end is None else max(0.0, min(at_most, end - time.monotonic()))
