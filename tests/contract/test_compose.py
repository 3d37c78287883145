"""docker-compose.yml against the code: services, variables, ports and health checks."""

import importlib
import re
from typing import Any, Final

import pytest
import yaml
from pydantic_settings import BaseSettings

from local_stack.state import REPOSITORY
from local_stack.topology import SERVICES, Service, url_variable

COMPOSE: Final[dict[str, Any]] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]
_VARIABLE: Final = re.compile(r"\$\{([A-Z_]+)")


def settings_of(service: Service) -> type[BaseSettings]:
    """The settings class of a service: the one its settings module defines."""
    module = importlib.import_module(f"{service.name}.settings")
    found = [
        item
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, BaseSettings) and item.__module__ == module.__name__
    ]
    assert len(found) == 1
    return found[0]


def processes(service: Service) -> dict[str, int]:
    """Compose name and health port of each process of a service."""
    name = service.name.replace("_", "-")
    return {name if command == "api" else f"{name}-{command}": port for command, port in service.commands}


def test_compose_runs_every_process_there_is_and_no_other() -> None:
    expected = {"postgres", "kafka"}
    for service in SERVICES:
        expected |= set(processes(service))
        if service.has_database:
            expected.add(f"{service.name.replace('_', '-')}-migrate")
    assert expected == set(COMPOSE)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_variable_is_a_setting_and_every_required_setting_is_given(service: Service) -> None:
    fields = settings_of(service).model_fields
    settings = {f"KONTOR_{name.upper()}" for name in fields}
    required = {f"KONTOR_{name.upper()}" for name, field in fields.items() if field.is_required()}
    # What every process shares is given to all, also to the gateway, which ignores what it does not know.
    shared = {"KONTOR_TIME_ZONE"}
    for name in processes(service):
        given = set(COMPOSE[name]["environment"])
        assert given - shared <= settings, name
        assert required <= given, name


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_ports_addresses_and_health_checks_are_those_of_the_code(service: Service) -> None:
    fields = settings_of(service).model_fields
    assert fields["port"].default == service.port
    for name, port in processes(service).items():
        entry = COMPOSE[name]
        environment = entry["environment"]
        assert service.port == environment["KONTOR_PORT"]
        assert f":{port}/readyz" in entry["healthcheck"]["test"][-1]
        for upstream in service.upstreams:
            other = next(each for each in SERVICES if each.name == upstream)
            address = f"http://{upstream.replace('_', '-')}:{other.port}"
            assert address == environment[url_variable(upstream)]


def test_only_the_gateway_can_be_reached_from_outside() -> None:
    assert ["gateway"] == [name for name, entry in COMPOSE.items() if "ports" in entry]


def test_every_secret_compose_asks_for_is_generated() -> None:
    asked = set(_VARIABLE.findall((REPOSITORY / "docker-compose.yml").read_text()))
    script = (REPOSITORY / "deploy/docker/generate-env.sh").read_text()
    without_default = {
        name for name in asked if f"${{{name}:-" not in (REPOSITORY / "docker-compose.yml").read_text()
    }
    assert [] == [name for name in sorted(without_default) if name not in script]


def test_images_run_as_an_ordinary_user_from_the_hashed_locks() -> None:
    dockerfile = (REPOSITORY / "deploy/docker/service.Dockerfile").read_text()
    assert re.search(r"^USER \d+$", dockerfile, re.MULTILINE)
    assert "--require-hashes -r requirements/runtime.lock" in dockerfile
    assert "ARG SERVICE" in dockerfile
