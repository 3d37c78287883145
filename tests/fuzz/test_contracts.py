"""Schemathesis over the contracts: no 5xx, no status that is not said, answers as their schema says."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from local_stack.state import REPOSITORY
from tests.support.contract import OPERATIONS, SURFACES
from tests.support.known import Known, know
from tests.support.shop import PASSWORD
from tests.support.system import System

EXAMPLES_VARIABLE: Final = "KONTOR_FUZZ_EXAMPLES"
PHASES_VARIABLE: Final = "KONTOR_FUZZ_PHASES"
_CHECKS: Final = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
)
# What would take the callers' own ground away; each has its own test.
LEFT_OUT: Final = {
    "log_out": "ends the token in use",
    "log_out_staff": "ends the token in use",
}


# Nine resources are imported by one piece of code: in the short form two stand for all.
_TWINS: Final = "(accounts|addresses|order-responses|product-codes|stock|units|users)/import"


@pytest.fixture(scope="module")
async def known(system: System) -> Known:
    """Something to call by its id."""
    return await know(system)


def _login(known: Known, surface: str) -> dict[str, Any]:
    shop, access = known.shop, known.shop.system.access
    form = {
        "grant_type": "client_credentials",
        "client_id": known.client_code,
        "client_secret": known.client_secret,
    }
    user = {"email": known.email, "password": PASSWORD, "channel": shop.code}
    staff = {"email": access.administrator, "password": access.administrator_password}
    return {
        "channel": {"path": "/v1/login", "with": {"json": user}},
        "integration": {"path": "/oauth/token", "with": {"data": form}},
        "admin": {"path": "/admin/v1/login", "with": {"json": staff}},
    }[surface]


async def fuzz(system: System, known: Known, surface: str, folder: Path, *options: str) -> tuple[int, str]:
    """Runs schemathesis over one contract; its exit code and what it printed."""
    told = folder / f"{surface}.json"
    ids = {each.path: known.ids_for(each) for each in OPERATIONS if each.surface == surface}
    told.write_text(json.dumps({"gateway": system.gateway, "login": _login(known, surface), "ids": ids}))
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).parent / "schemathesis"),
        "run",
        str(REPOSITORY / f"contracts/http/{surface}.v1.openapi.json"),
        # One worker: it parses Python, which two threads must not before CPython 3.11.8 (gh-106905).
        *("--url", system.gateway, "--checks", _CHECKS, "--workers", "1", "--no-color"),
        *("--generation-deterministic", "--continue-on-failure"),
        *(option for name in LEFT_OUT for option in ("--exclude-operation-id", name)),
        *options,
        cwd=folder,
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": "hooks",
            "PYTHONPATH": str(Path(__file__).parent),
            "KONTOR_FUZZ": str(told),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    print(said := output.decode())  # noqa: T201 - pytest -rP shows how many cases there were
    return process.returncode, said


_FLAWS: Final = """
import accounts.roles.repository, chassis.failures
accounts.roles.repository.RoleRepository.page = None
chassis.failures.Invalid.status = 418
"""
_FOUND: Final = {"list_roles": "Server error", "list_channels": "Undocumented status code"}


async def test_a_failure_and_a_status_that_no_contract_says_are_found(
    system: System, known: Known, tmp_path: Path
) -> None:
    only = [option for name in _FOUND for option in ("--include-operation-id", name)]
    async with system.flawed("accounts-api", _FLAWS):
        options = ("--phases", "fuzzing", "--max-examples", "10", *only)
        code, output = await fuzz(system, known, "admin", tmp_path, *options)
    assert 1 == code, output
    for said in _FOUND.values():
        assert said in output


@pytest.mark.parametrize("surface", SURFACES)
async def test_a_contract_is_kept_under_generated_requests(
    system: System, known: Known, surface: str, tmp_path: Path
) -> None:
    examples = os.environ.get(EXAMPLES_VARIABLE, "1")
    options = ["--phases", "coverage,fuzzing", "--max-examples", examples]
    if os.environ.get(PHASES_VARIABLE) != "all":
        options = ["--phases", "fuzzing", "--max-examples", examples, "--exclude-path-regex", _TWINS]
    code, output = await fuzz(system, known, surface, tmp_path, *options)
    assert 0 == code, output
