"""Who calls whom: found in the code, held by the file, never in a circle."""

import yaml

from contract_tools import dependencies
from contract_tools.services import Service, installed


def _service(name: str, *calls: str) -> Service:
    return Service(name, {}, (), (), frozenset(calls))


def test_dependencies_are_listed_sorted_and_read_back_the_same() -> None:
    found = dependencies.found([_service("gateway", "pricing", "accounts"), _service("accounts")])
    assert {"gateway": ["accounts", "pricing"], "accounts": []} == found["calls"]
    assert found == yaml.safe_load(dependencies.as_text(found))


def test_every_difference_to_the_file_is_told_in_both_directions() -> None:
    present = dependencies.found([_service("pricing", "accounts")])
    committed = {"calls": {"pricing": ["catalog"]}, "consumes": {"pricing": ["catalog.product"]}}
    assert [
        "pricing calls accounts, which the file does not list",
        "the file lists that pricing calls catalog",
        "the file lists that pricing consumes catalog.product",
    ] == list(dependencies.unlisted(committed, present))
    assert [] == list(dependencies.unlisted(present, present))


def test_a_circle_of_calls_is_found_however_long() -> None:
    assert [] == dependencies.cycle({"gateway": ["a", "b"], "a": ["b"], "b": []})
    around = dependencies.cycle({"a": ["b"], "b": ["c"], "c": ["a"]})
    assert {"a", "b", "c"} == set(around)


def test_a_service_calls_those_whose_address_its_settings_have() -> None:
    calls = {service.name: service.calls for service in installed()}
    assert frozenset() == calls["accounts"]
    assert all("accounts" in others for name, others in calls.items() if name != "accounts")
