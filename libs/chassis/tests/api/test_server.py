"""A worker told to end finishes its batch before it closes what the batch needs."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from local_stack.ports import free_port

_PROGRAM = Path(__file__).parents[1] / "support" / "worker_process.py"


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_told_to_end_drains_its_loops_then_closes(told: signal.Signals) -> None:
    worker = await asyncio.create_subprocess_exec(
        sys.executable, str(_PROGRAM), str(free_port()), stdout=asyncio.subprocess.PIPE
    )
    assert worker.stdout is not None
    assert b"loop runs\n" == await asyncio.wait_for(worker.stdout.readline(), 30)
    await asyncio.sleep(0.5)  # until its page is up, too
    worker.send_signal(told)
    rest, _ = await asyncio.wait_for(worker.communicate(), 30)
    assert ["loop drained", "closed"] == rest.decode().split("\n")[:2]
    assert 0 == worker.returncode
