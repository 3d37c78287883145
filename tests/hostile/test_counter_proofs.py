"""With the protections of one service taken out, the tests beside this one would find it."""

import json
from collections.abc import AsyncIterator
from typing import Final

import pytest

from tests.hostile.sending import Sender
from tests.hostile.stored import untouched
from tests.hostile.test_bodies import TAKING, Body, bodies, wrong_bodies
from tests.hostile.test_naughty_strings import write_all, written_to
from tests.hostile.test_queries import answers_to, unknown_parameters, wrong_ones
from tests.support.examples import Examples
from tests.support.known import Known
from tests.support.system import System

_UNPROTECTED: Final = """
import json
import chassis.models, chassis.routing, chassis.strict_json
chassis.strict_json.loads = json.loads
chassis.models.StrictModel.model_config["extra"] = "ignore"
chassis.routing.require_query = lambda request, names: None
"""
_CREATE: Final = next(each for each in TAKING if each.id == "create_channel")

_SHOUTING: Final = """
from accounts.channels.repository import ChannelRepository
from dataclasses import replace
add = ChannelRepository.add

async def add_shouting(channels, tx, channel):
    return await add(channels, tx, replace(channel, name=channel.name.upper()))

ChannelRepository.add = add_shouting
"""


@pytest.fixture(scope="module")
async def unprotected(system: System, known: Known) -> AsyncIterator[None]:
    """Accounts reads lenient JSON, passes over unknown fields and parameters."""
    async with system.flawed("accounts-api", _UNPROTECTED):
        yield


@pytest.mark.usefixtures("unprotected")
async def test_json_read_leniently_is_found(known: Known, http: Sender) -> None:
    request, _ = Examples(known.ids_for(_CREATE), mark="lenient").of(_CREATE)
    pairs = [(_CREATE, body, request.target) for body in bodies(request)]
    found = {line.partition(": ")[2].partition(" ->")[0] for line in await wrong_bodies(http, pairs)}
    assert {"duplicate key", "not JSON"} & found


@pytest.mark.usefixtures("unprotected")
async def test_a_field_passed_over_is_found(known: Known, http: Sender) -> None:
    request, _ = Examples(known.ids_for(_CREATE), mark="extra").of(_CREATE)
    body = Body("extra field", json.dumps({**request.body, "is_admin": True}).encode(), frozenset({422}))
    assert 1 == len(await wrong_bodies(http, [(_CREATE, body, request.target)]))


@pytest.mark.usefixtures("unprotected")
async def test_a_parameter_passed_over_is_found(known: Known, http: Sender) -> None:
    probes = [probe for probe in unknown_parameters(known) if probe.operation.id == "list_channels"]
    assert 1 == len(wrong_ones(await answers_to(http, probes)))


async def test_a_text_kept_otherwise_than_it_was_written_is_found(
    system: System, known: Known, http: Sender
) -> None:
    async with system.flawed("accounts-api", _SHOUTING):
        written = await write_all(http, written_to(known, 0, _CREATE))
    assert written.wrong


async def test_one_row_in_one_table_of_one_service_is_found(
    system: System, known: Known, http: Sender
) -> None:
    request, _ = Examples(known.ids_for(_CREATE), mark="stored").of(_CREATE)
    watch = untouched(system, http)
    await watch.__aenter__()
    assert 201 == (await http.send(request)).status
    with pytest.raises(AssertionError, match="tables that changed"):
        await watch.__aexit__(None, None, None)
