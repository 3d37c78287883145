"""Unit tests do not talk to anybody: whoever opens a socket in one fails with an explanation."""

import socket
from pathlib import PurePath
from typing import NoReturn

import pytest

# Connecting, listening and asking for names is what talks; creating a pair, as event loops do, is not.
_TALKING = ("connect", "connect_ex", "bind", "sendto")


def is_unit_test(path: PurePath) -> bool:
    """Whether a test file lies in a folder `unit`."""
    return "unit" in path.parts


def forbid(patch: pytest.MonkeyPatch, test: str) -> None:
    """Make every use of the network fail the test named `test`."""

    def refuse(*_args: object, **_kwargs: object) -> NoReturn:
        pytest.fail(
            f"{test} is a unit test and opened a socket. Pass in a small fake, "
            "or move the test to api/ or events/, where real servers are at hand."
        )

    for method in _TALKING:
        patch.setattr(socket.socket, method, refuse)
    patch.setattr(socket, "getaddrinfo", refuse)
