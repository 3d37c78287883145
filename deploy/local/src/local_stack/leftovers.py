"""Processes that outlive whoever started them: noted while they run, ended by the next who comes."""

import json
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import psutil

LEDGER_VARIABLE = "KONTOR_PROCESS_LEDGER"
_GRACE = 10.0


class Entry(NamedTuple):
    """A process: its id, the moment it started (seconds since 1970), the signal that asks it to stop."""

    pid: int
    started: float
    first: int


def entry(pid: int, first: signal.Signals = signal.SIGTERM) -> Entry:
    """The entry of a process that runs."""
    return Entry(pid, psutil.Process(pid).create_time(), first.value)


def alive(noted: Entry) -> psutil.Process | None:
    """The noted process, if it still runs and no other has been given its number since."""
    try:
        process = psutil.Process(noted.pid)
        same = abs(process.create_time() - noted.started) <= 1
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def end(entries: Iterable[Entry]) -> int:
    """Stop those that still run, the last noted first, and return how many that were."""
    left = [(process, noted) for noted in entries if (process := alive(noted)) is not None]
    for process, noted in reversed(left):
        process.send_signal(noted.first)
        if not _ends(process):
            process.kill()
            _ends(process)
    return len(left)


class Ledger:
    """A folder with one file per process; many processes may write to it at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def note(self, pid: int, first: signal.Signals) -> None:
        """Write down a process that was just started."""
        (self._folder / str(pid)).write_text(json.dumps(entry(pid, first)))

    def forget(self, pid: int) -> None:
        """Strike out a process that was reaped."""
        (self._folder / str(pid)).unlink(missing_ok=True)

    def entries(self) -> list[Entry]:
        """What is noted, in the order of starting."""
        read = (file.read_text() for file in self._folder.iterdir())
        # A file may be empty where its writer was killed in the middle.
        return sorted((Entry(*json.loads(text)) for text in read if text), key=lambda noted: noted.started)


def ledger() -> Ledger | None:
    """The ledger that KONTOR_PROCESS_LEDGER names: a test run has one, for all of its processes."""
    folder = os.environ.get(LEDGER_VARIABLE)
    return None if folder is None else Ledger(Path(folder))


def _ends(process: psutil.Process) -> bool:
    # A dead process that its new parent never reaps still has a number: psutil's own wait would go on.
    deadline = time.monotonic() + _GRACE
    while not _is_over(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _is_over(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
