"""Everything one run has started: made ready, watched, and stopped in reverse order."""

import contextlib
import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from local_stack.child import Child
from local_stack.leftovers import Entry, end, entry
from local_stack.ports import LOOPBACK
from local_stack.problems import DiskFullError, ServerFailedError
from local_stack.room import is_full

_GRACE = 10.0
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Stage:
    """Processes that stop together: each is asked, and insisted on after `grace` seconds."""

    children: tuple[Child, ...]
    grace: float = _GRACE


class Processes:
    """The processes of a run; written to `record`, so that a later run can clear up after a killed one."""

    def __init__(self, record: Path) -> None:
        self._record = record
        self._stages: list[Stage] = []
        self._fallen: Child | None = None

    def add(self, stage: Stage) -> None:
        """Take over running processes."""
        self._stages.append(stage)
        self._write()

    def start(self, children: Sequence[Child]) -> None:
        """Start processes as one stage."""
        stage = Stage(tuple(children))
        self._stages.append(stage)
        for child in children:
            child.start()
        self._write()

    def wait_ready(self, ports: Sequence[tuple[Child, int]], timeout: float = 120) -> Iterator[str]:
        """Yield each process's name as its `/readyz` answers 200; raises ServerFailedError otherwise."""
        waiting = list(ports)
        deadline = time.monotonic() + timeout
        while waiting:
            for probed in tuple(waiting):
                if _is_ready(probed[1]):
                    waiting.remove(probed)
                    yield probed[0].name
            self.require_all_alive()
            if waiting and time.monotonic() > deadline:
                child, port = waiting[0]
                reason = _why_not_ready(port)
                raise ServerFailedError(
                    child.name, f"was not ready after {timeout:.0f} s: {reason}", child.tail()
                )
            time.sleep(0.1)

    def require_all_alive(self) -> None:
        """Raise with the last words of the first process that ended by itself, or when the disk is full."""
        fallen = self._fallen or self._first_dead()
        if fallen is not None:
            self._fallen = fallen
            fallen.require_alive()
        if is_full(self._record.parent):
            raise DiskFullError(self._record.parent)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Interrupt this (main) thread as Ctrl-C does when a process ends by itself, or the disk is full.

        Some servers live on with a full disk and refuse everything: better stopped, and said.
        """
        over = threading.Event()
        thread = threading.Thread(target=self._watch, args=(over,), name="watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def stop(self) -> Iterator[str]:
        """Stop everything, the last started first, yielding names as they are gone."""
        while self._stages:
            stage = self._stages.pop()
            for child in stage.children:
                child.send(child.first)
            for child in stage.children:
                child.reap(stage.grace)
                yield child.name
        self._record.unlink(missing_ok=True)

    def _watch(self, over: threading.Event) -> None:
        while not over.wait(0.5):
            self._fallen = self._first_dead()
            if self._fallen is not None or is_full(self._record.parent):
                os.kill(os.getpid(), signal.SIGINT)
                return

    def _first_dead(self) -> Child | None:
        # Servers first: when PostgreSQL dies, services follow, and it is the cause that counts.
        children = (child for stage in self._stages for child in stage.children)
        return next((child for child in children if not child.alive), None)

    def _write(self) -> None:
        running = (child for stage in self._stages for child in stage.children if child.alive)
        self._record.write_text(json.dumps([entry(child.pid, child.first) for child in running if child.pid]))


def clear_up(record: Path) -> int:
    """Stop what a run that was killed has left and return how many processes that were."""
    if not record.exists():
        return 0
    stopped = end(Entry(*noted) for noted in json.loads(record.read_text()))
    record.unlink()
    return stopped


def _is_ready(port: int) -> bool:
    try:
        with _NO_PROXY.open(f"http://{LOOPBACK}:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _why_not_ready(port: int) -> str:
    try:
        with _NO_PROXY.open(f"http://{LOOPBACK}:{port}/readyz", timeout=2):
            return "it has become ready just now"
    except urllib.error.HTTPError as answer:
        return answer.read(500).decode(errors="replace")
    except OSError as failure:
        return str(failure)
