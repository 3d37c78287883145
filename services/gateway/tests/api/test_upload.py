"""A gigabyte passes through a gateway process that does not grow."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil

from local_stack.ports import free_port
from services.gateway.tests.support.neighbours import Neighbours
from testkit.processes import Program

GIBIBYTE = 1_073_741_824
CHUNK = b"x" * 262_144
ALLOWED_GROWTH = 32 * 1_048_576


async def test_an_upload_of_a_gigabyte_passes_in_constant_memory(
    neighbours: Neighbours, contracts: Path, tmp_path: Path
) -> None:
    port = free_port()
    env = {
        "KONTOR_PORT": str(port),
        "KONTOR_CONTRACTS_DIR": str(contracts),
        "KONTOR_CURSOR_SECRET": "for-tests-only",
        "KONTOR_KAFKA_BOOTSTRAP": f"127.0.0.1:{free_port()}",
        **{f"KONTOR_{name.upper()}": url for name, url in neighbours.settings().items()},
    }
    highest = 0
    async with Program("gateway", "api", env, port, tmp_path / "gateway.log") as program:
        process = psutil.Process(program.pid)
        at_rest = process.memory_info().rss

        async def gibibyte() -> AsyncIterator[bytes]:
            nonlocal highest
            for number in range(GIBIBYTE // len(CHUNK)):
                yield CHUNK
                if number % 64 == 0:
                    highest = max(highest, process.memory_info().rss)

        async with httpx.AsyncClient(base_url=program.url, timeout=None) as client:  # noqa: S113 - a gigabyte takes its time
            headers = neighbours.tokens.headers() | {"Content-Type": "application/x-ndjson"}
            path = "/integration/v1/products/imports"
            answer = await client.post(path, content=gibibyte(), headers=headers)
    assert (202, {"bytes": GIBIBYTE}) == (answer.status_code, answer.json())
    assert at_rest < highest
    assert highest - at_rest < ALLOWED_GROWTH
