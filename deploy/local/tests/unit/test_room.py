"""What a person is told when the disk is full."""

import shutil
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from local_stack.child import Child
from local_stack.problems import DiskFullError, ServerFailedError
from local_stack.room import require_room

Usage = namedtuple("Usage", "total used free")


def left(monkeypatch: pytest.MonkeyPatch, mib: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(10**12, 0, mib * 2**20))


def test_no_server_starts_where_less_than_half_a_gibibyte_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left(monkeypatch, 511)
    with pytest.raises(DiskFullError, match="is full: only 511 MiB are free"):
        require_room(tmp_path)
    left(monkeypatch, 512)
    require_room(tmp_path)


@pytest.mark.parametrize(("mib", "told"), [(31, DiskFullError), (32, ServerFailedError)])
def test_a_server_that_dies_on_a_full_disk_is_told_as_that_whatever_it_says_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mib: int, told: type[Exception]
) -> None:
    server = Child("Kafka", [sys.executable, "-c", "exit(1)"], tmp_path / "log", {})
    server.start().reap(20)
    left(monkeypatch, mib)
    with pytest.raises(told):
        server.require_alive()
