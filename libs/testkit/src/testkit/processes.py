"""Services as real processes: started like in production, stopped politely or killed."""

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import httpx

from local_stack.child import Child
from local_stack.ports import LOOPBACK


class Program:
    """`python -m <service> <command>` with an environment of its own.

    `port` is where its `/readyz` answers; `env` is added to ours, which is passed on without
    KONTOR_* variables, so that nothing of the developer's shell decides a test.
    """

    def __init__(self, service: str, command: str, env: Mapping[str, str], port: int, log: Path) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("KONTOR_")}
        argv = [sys.executable, "-m", service, command]
        self._child = Child(f"{service} {command}", argv, log, clean | dict(env))
        self.url = f"http://{LOOPBACK}:{port}"

    @classmethod
    def module(cls, argv: list[str], env: Mapping[str, str], port: int, log: Path) -> Self:
        """Any other program that answers `/readyz`: `python <argv>`."""
        program = cls(argv[0], "", env, port, log)
        program._child.argv = [sys.executable, *argv]
        return program

    @property
    def alive(self) -> bool:
        return self._child.alive

    @property
    def pid(self) -> int:
        """Its process id; only while it runs."""
        pid = self._child.pid
        assert pid is not None, "it was not started"
        return pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative signal number if it was killed."""
        return self._child.exit_code

    def start(self) -> Self:
        """Start without waiting."""
        self._child.start()
        return self

    async def wait_ready(self, timeout: float = 60) -> None:
        """Wait until `/readyz` answers 200; raises `ServerFailedError` with the log's end if it dies."""
        deadline = time.monotonic() + timeout
        async with httpx.AsyncClient(timeout=2) as client:
            while not await self._is_ready(client):
                self._child.require_alive()
                if time.monotonic() > deadline:
                    raise AssertionError(f"{self._child.name} is not ready:\n{self._child.tail(40)}")
                await asyncio.sleep(0.05)

    async def stop(self, grace: float = 15) -> None:
        """SIGTERM, SIGKILL after `grace` seconds; gone on return."""
        await asyncio.to_thread(self._child.stop, grace)

    def kill(self) -> None:
        """`kill -9`; gone on return."""
        self._child.kill()

    def log(self, lines: int = 200) -> str:
        """The last lines it wrote."""
        return self._child.tail(lines)

    async def __aenter__(self) -> Self:
        try:
            await self.start().wait_ready()
        except BaseException:
            self.kill()
            raise
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.stop()

    async def _is_ready(self, client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get(f"{self.url}/readyz")).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False
