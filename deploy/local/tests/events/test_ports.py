"""A port is promised once, whoever asks."""

import subprocess
import sys
from typing import Final

import pytest

from local_stack import ports
from local_stack.problems import StackError

_ANOTHER: Final = """
import sys
from local_stack import ports
ports._LOWEST, ports._HIGHEST = int(sys.argv[1]), int(sys.argv[2])
print(ports.free_port())
"""


def drawn_by_another(lowest: int, highest: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _ANOTHER, str(lowest), str(highest)]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - this Python


def test_neither_this_process_nor_another_is_promised_a_port_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    lowest = ports.free_port()
    monkeypatch.setattr(ports, "_LOWEST", lowest)
    monkeypatch.setattr(ports, "_HIGHEST", lowest + 1)
    with pytest.raises(StackError):
        ports.free_port()
    assert "No free port" in drawn_by_another(lowest, lowest + 1).stderr


def test_what_was_promised_to_a_process_that_has_ended_is_free_again() -> None:
    port = int(drawn_by_another(20_000, 28_000).stdout)
    assert port == int(drawn_by_another(port, port + 1).stdout)
