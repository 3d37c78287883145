"""The guard that keeps unit tests off the network."""

import asyncio
import socket

import pytest

from testkit.sockets import is_unit_test


def test_connecting_in_a_unit_test_fails_with_an_explanation() -> None:
    with (
        socket.socket() as mine,
        pytest.raises(pytest.fail.Exception, match="is a unit test and opened a socket"),
    ):
        mine.connect(("127.0.0.1", 9))


def test_listening_and_asking_for_names_fail_as_well() -> None:
    with socket.socket() as mine, pytest.raises(pytest.fail.Exception):
        mine.bind(("127.0.0.1", 0))
    with pytest.raises(pytest.fail.Exception):
        socket.getaddrinfo("localhost", 80)


async def test_a_connection_of_the_event_loop_fails_as_well() -> None:
    with pytest.raises(pytest.fail.Exception):
        await asyncio.open_connection("127.0.0.1", 9)


def test_only_folders_named_unit_are_guarded(request: pytest.FixtureRequest) -> None:
    assert is_unit_test(request.path)
    assert not is_unit_test(request.path.parents[1] / "events" / request.path.name)
