"""Processes of a run: ready, watched, stopped in order, cleared up after."""

import shutil
import sys
import threading
from pathlib import Path

import pytest

from local_stack.child import Child
from local_stack.ports import free_port
from local_stack.problems import DiskFullError, ServerFailedError
from local_stack.processes import Processes, Stage, clear_up

READY = """
import os, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Ready(BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(200); self.end_headers()
if len(sys.argv) > 2: signal.signal(signal.SIGTERM, signal.SIG_IGN)
HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""


def child(folder: Path, name: str, *arguments: str, code: str = READY) -> Child:
    return Child(name, [sys.executable, "-c", code, *arguments], folder / f"{name}.log", {})


def test_the_last_started_stops_first_and_nothing_is_left(tmp_path: Path) -> None:
    processes = Processes(tmp_path / "record")
    ports = [free_port(), free_port()]
    first, second = (child(tmp_path, name, str(port)) for name, port in zip("ab", ports, strict=True))
    processes.start([first])
    processes.start([second])
    assert {"a", "b"} == set(processes.wait_ready([(first, ports[0]), (second, ports[1])], timeout=20))
    assert ["b", "a"] == list(processes.stop())
    assert (False, False) == (first.alive, second.alive)
    assert not (tmp_path / "record").exists()


def test_who_ignores_the_request_to_stop_is_killed(tmp_path: Path) -> None:
    processes = Processes(tmp_path / "record")
    port = free_port()
    stubborn = child(tmp_path, "stubborn", str(port), "ignores").start()
    processes.add(Stage((stubborn,), grace=0.3))
    list(processes.wait_ready([(stubborn, port)], timeout=20))
    list(processes.stop())
    assert -9 == stubborn.exit_code


def test_a_process_that_dies_is_reported_with_its_last_words(tmp_path: Path) -> None:
    processes = Processes(tmp_path / "record")
    dying = child(tmp_path, "dying", code="import sys; sys.exit('no licence to sell')")
    processes.start([dying])
    with pytest.raises(ServerFailedError, match=r"dying ended with exit code 1.*\n.*no licence to sell"):
        list(processes.wait_ready([(dying, free_port())], timeout=20))
    list(processes.stop())


def test_a_death_while_watching_interrupts_whoever_waits(tmp_path: Path) -> None:
    processes = Processes(tmp_path / "record")
    port = free_port()
    victim = child(tmp_path, "victim", str(port))
    processes.start([victim])
    list(processes.wait_ready([(victim, port)], timeout=20))
    with processes.watched():
        pass  # one watch is over before the next, as after the story
    victim.kill()
    with pytest.raises(KeyboardInterrupt), processes.watched():
        threading.Event().wait(20)
    with pytest.raises(ServerFailedError, match="victim ended"):
        processes.require_all_alive()


def test_a_full_disk_interrupts_whoever_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    processes = Processes(tmp_path / "record")
    usage = shutil.disk_usage(tmp_path)._replace(free=31 * 2**20)
    with processes.watched():
        pass
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage)
    with pytest.raises(KeyboardInterrupt), processes.watched():
        threading.Event().wait(20)
    with pytest.raises(DiskFullError):
        processes.require_all_alive()


def test_what_a_killed_run_has_left_is_stopped_by_the_next(tmp_path: Path) -> None:
    killed = Processes(tmp_path / "record")
    orphan = child(tmp_path, "orphan", str(free_port()))
    killed.start([orphan])
    assert 1 == clear_up(tmp_path / "record")
    assert not orphan.alive
    assert 0 == clear_up(tmp_path / "record")


def test_a_process_that_only_inherited_the_number_is_left_alone(tmp_path: Path) -> None:
    stranger = child(tmp_path, "stranger", str(free_port())).start()
    (tmp_path / "record").write_text(f"[[{stranger.pid}, 1000000.0, 15]]")
    assert 0 == clear_up(tmp_path / "record")
    assert stranger.alive
    stranger.kill()
