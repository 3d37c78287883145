"""Concurrent edits: an ETag is the resource's version, and a change must name it."""

import re
from typing import Annotated, Final

from fastapi import Header, Response

from chassis.failures import PreconditionFailed, PreconditionRequired

_LARGEST: Final = 2**63 - 1  # versions are bigint
_STRONG: Final = re.compile(r'"(\d{1,19})"', re.ASCII)


def etag(version: int) -> str:
    """The strong entity tag (RFC 9110) of a version."""
    return f'"{version}"'


def set_etag(response: Response, version: int) -> None:
    """Tells the caller which version it reads."""
    response.headers["ETag"] = etag(version)


async def if_match(
    value: Annotated[
        str | None, Header(alias="If-Match", description="The ETag the change is based on.")
    ] = None,
) -> int:
    """Dependency: the version named by If-Match. Raises PreconditionRequired, PreconditionFailed."""
    if value is None:
        raise PreconditionRequired
    found = _STRONG.fullmatch(value.strip())
    if found is None or int(found[1]) > _LARGEST:
        raise PreconditionFailed
    return int(found[1])


def require_version(expected: int, actual: int) -> None:
    """Raises PreconditionFailed unless both are equal."""
    if expected != actual:
        raise PreconditionFailed
