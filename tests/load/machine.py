"""What a figure was measured on: the machine, the moment and the versions."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import asyncpg
import psutil

from local_stack.servers.kafka import jar_folder
from local_stack.state import REPOSITORY

_PACKAGES: Final = ("fastapi", "sqlalchemy", "asyncpg", "aiokafka", "aiohttp")


async def machine(postgres_url: str) -> dict[str, Any]:
    """Cores, memory, CPU model, load and versions, as JSON values."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "memory_gib": psutil.virtual_memory().total / 2**30,
        "cpu": _cpu(),
        "load": round(os.getloadavg()[0], 1),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in _PACKAGES},
            "PostgreSQL": await _postgres(postgres_url),
            "Kafka": _kafka(),
        },
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


async def _postgres(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval("SHOW server_version")).split()[0]
    finally:
        await connection.close()


def _kafka() -> str:
    jars = jar_folder(REPOSITORY / "deploy/kafka").glob("kafka-clients-*.jar")
    return next((jar.stem.rpartition("-")[2] for jar in jars), "unknown")
