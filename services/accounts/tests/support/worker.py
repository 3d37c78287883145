"""The worker of accounts as a real process, with topics of a real broker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from local_stack.ports import free_port
from services.accounts.tests.support.platform import SECRETS
from testkit.kafka import Broker
from testkit.processes import Program


@asynccontextmanager
async def working(url: str, kafka: Broker, log: Path, smtp_port: int = 1) -> AsyncIterator[Program]:
    """The worker, ready, until the block ends."""
    # A neighbour's topic, which the deployment makes: a worker that cannot listen is not ready.
    await kafka.create_topics(["catalog.catalogue"])
    port = free_port()
    env = {
        "KONTOR_DATABASE_URL": url,
        "KONTOR_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "KONTOR_WORKER_PORT": str(port),
        "KONTOR_SMTP_PORT": str(smtp_port),
        "KONTOR_HOST": "127.0.0.1",
        **{f"KONTOR_{name.upper()}": value for name, value in SECRETS.items()},
    }
    async with Program("accounts", "worker", env, port, log) as program:
        yield program
