"""What each process of a service is, by name, and what it does without."""

import importlib
import subprocess
import sys
from pkgutil import resolve_name

import pytest

from local_stack.topology import SERVICES, Service


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_verb_that_is_run_has_a_function(service: Service) -> None:
    command = importlib.import_module(f"{service.name}.__main__")
    assert {verb for verb, _ in service.commands} == set(command.PROCESSES)
    names = [*command.PROCESSES.values(), *([command.UPKEEP] if service.has_database else [])]
    assert all(callable(resolve_name(name)) for name in names)


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("accounts.api", {"alembic", "typer", "accounts.worker", "opentelemetry.sdk"}),
        ("catalog.worker", {"alembic", "typer", "catalog.api", "opentelemetry.sdk"}),
        ("gateway.api", {"alembic", "typer", "sqlalchemy", "asyncpg", "opentelemetry.sdk"}),
    ],
)
def test_a_process_loads_nothing_that_only_others_need(module: str, unwanted: set[str]) -> None:
    code = f"import sys, {module}; print(*sorted(set(sys.modules) & {unwanted!r}))"
    done = subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "" == done.stdout.strip()
