"""One child process: started with a log file, watched, stopped in order and always reaped."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from local_stack.leftovers import ledger
from local_stack.problems import DiskFullError, ServerFailedError
from local_stack.room import is_full


@dataclass(frozen=True, slots=True)
class RunAs:
    """Ids a process drops to; `None` where it keeps ours."""

    uid: int | None = None
    gid: int | None = None

    @property
    def extra_groups(self) -> list[int] | None:
        return None if self.uid is None else []


@dataclass(slots=True)
class Child:
    """A process of its own session, so that Ctrl-C reaches only its parent, who stops all in order.

    `first` is the signal that asks it to stop.
    """

    name: str
    argv: Sequence[str]
    log: Path
    env: Mapping[str, str]
    run_as: RunAs = field(default_factory=RunAs)
    cwd: Path | None = None
    first: signal.Signals = signal.SIGTERM
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start the process; its output is appended to `log`."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self.log.open("ab") as sink:
                self._process = subprocess.Popen(  # noqa: S603 - argv is ours, no shell
                    self.argv,
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=subprocess.STDOUT,
                    env=dict(self.env),
                    cwd=self.cwd,
                    user=self.run_as.uid,
                    group=self.run_as.gid,
                    extra_groups=self.run_as.extra_groups,
                    start_new_session=True,
                )
        except OSError as failure:
            raise ServerFailedError(self.name, f"could not be started: {failure}") from failure
        if (noted := ledger()) is not None:
            noted.note(self._process.pid, self.first)
        return self

    @property
    def pid(self) -> int | None:
        """Process id, or None before the start."""
        return None if self._process is None else self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while the process runs (or was never started)."""
        return None if self._process is None else self._process.poll()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if there is anybody left to receive it."""
        if self._process is not None and self.alive:
            self._process.send_signal(number)

    def stop(self, grace: float = 10.0, first: signal.Signals | None = None) -> None:
        """Ask with `first` (else its own), insist with SIGKILL after `grace` seconds, and reap."""
        self.send(first or self.first)
        self.reap(grace)

    def reap(self, grace: float) -> None:
        """Wait for the end for `grace` seconds, then kill; the process is gone on return."""
        if self._process is None:
            return
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if (noted := ledger()) is not None:
            noted.forget(self._process.pid)

    def kill(self) -> None:
        """SIGKILL, and reap."""
        self.stop(first=signal.SIGKILL)

    def tail(self, lines: int = 15) -> str:
        """The last lines of the log."""
        return tail(self.log, lines)

    def require_alive(self) -> None:
        """Raise `DiskFullError` or `ServerFailedError` with the last words of a process that has ended."""
        if self.alive:
            return
        words = self.tail()
        # What a server says last of a full disk may be the end of a long stack trace.
        if "No space left on device" in words or is_full(self.log.parent):
            raise DiskFullError(self.log.parent)
        raise ServerFailedError(self.name, f"ended with exit code {self.exit_code}", words)


def tail(log: Path, lines: int = 15) -> str:
    """The last `lines` lines of a log file, empty when there is none."""
    try:
        with log.open("rb") as source:
            source.seek(0, os.SEEK_END)
            source.seek(max(0, source.tell() - 16_384))
            return "\n".join(source.read().decode(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


def run_once(
    name: str,
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    run_as: RunAs | None = None,
    timeout: float = 300,
) -> str:
    """Run a program to its end and return what it wrote; raise `ServerFailedError` when it fails."""
    who = run_as or RunAs()
    try:
        done = subprocess.run(  # noqa: S603 - argv is ours, no shell
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            cwd="/",
            user=who.uid,
            group=who.gid,
            extra_groups=who.extra_groups,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as failure:
        raise ServerFailedError(name, f"took longer than {timeout:.0f} s") from failure
    except OSError as failure:
        raise ServerFailedError(name, f"could not be started: {failure}") from failure
    output = done.stdout.decode(errors="replace")
    if "No space left on device" in output:
        raise DiskFullError(Path(argv[0]))
    if done.returncode != 0:
        raise ServerFailedError(name, f"failed with exit code {done.returncode}", output[-3000:])
    return output


def wait_until(child: Child, ready: Callable[[], bool], timeout: float, interval: float = 0.1) -> None:
    """Poll `ready` until it is true; raise `ServerFailedError` when the process ends or the time is over."""
    deadline = time.monotonic() + timeout
    while True:
        child.require_alive()
        if ready():
            return
        if time.monotonic() > deadline:
            raise ServerFailedError(child.name, f"was not ready after {timeout:.0f} s", child.tail())
        time.sleep(interval)
