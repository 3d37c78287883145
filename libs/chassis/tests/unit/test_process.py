"""What every process of a service begins with."""

import sys

import pytest

from chassis import process
from chassis.settings import StatefulSettings

CALLS: list[str] = []


def api() -> None:
    CALLS.append("api")


def upkeep() -> None:
    CALLS.append("upkeep")


HERE = __name__
PROCESSES = {"api": f"{HERE}:api", "worker": "no.such.module:work"}


@pytest.fixture(autouse=True)
def _found_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    CALLS.clear()
    monkeypatch.setitem(sys.modules, HERE, sys.modules[__name__])


def test_a_verb_loads_its_own_process_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["shop", "api"])
    process.run(PROCESSES, otherwise="no.such.module:app")
    assert ["api"] == CALLS


@pytest.mark.parametrize("arguments", [["migrate"], ["--help"], [], ["api", "--help"]])
def test_whatever_is_no_process_is_upkeep(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["shop", *arguments])
    process.run(PROCESSES, otherwise=f"{HERE}:upkeep")
    assert ["upkeep"] == CALLS


def test_without_upkeep_an_unknown_verb_is_told_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["shop", "migrate"])
    with pytest.raises(SystemExit, match="api, worker"):
        process.run(PROCESSES)


def test_wrong_settings_are_named_in_a_line_each_without_their_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KONTOR_PORT", "not-a-port")
    monkeypatch.setenv("KONTOR_DATABASE_URL", "postgresql://shop:secret-word@127.0.0.1/shop")
    with pytest.raises(SystemExit) as end:
        process.begin("shop-api", StatefulSettings)
    told = str(end.value).splitlines()
    assert "shop-api cannot start with these settings:" == told[0]
    assert "  KONTOR_PORT: Input should be a valid integer, unable to parse string as an integer" in told
    assert "  KONTOR_CURSOR_SECRET: Field required" in told
    assert "secret-word" not in str(end.value)
    assert "not-a-port" not in str(end.value)
