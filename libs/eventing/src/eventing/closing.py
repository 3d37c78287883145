"""Closing Kafka clients whose broker may be gone: within a time limit, and leaving nothing behind."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

CLOSE_SECONDS = 1.0


async def close_consumer(client: AIOKafkaConsumer) -> None:
    """Stops a consumer; where its own stop gives up half-way, the rest is stopped one by one."""
    if await _within_limit(client.stop()):
        return
    if client._fetcher is not None:
        await _within_limit(client._fetcher.close())
    await _within_limit(client._client.close())


async def close_producer(client: AIOKafkaProducer) -> None:
    """Ends a producer; what it could not deliver is given up, for the outbox still has it.

    Its own stop would flush first, and an idempotent batch without a broker is retried for ever.
    """
    client._closed = True
    sending = client._sender.sender_task
    if sending is not None:
        # Failing all batches is for a sender that died by itself; on this path it breaks on its own state.
        sending.remove_done_callback(client._sender._fail_all)
    await _within_limit(client._sender.close())
    await _within_limit(client.client.close())


async def close_admin(client: AIOKafkaAdminClient) -> None:
    """Closes an administration connection."""
    await _within_limit(client.close())


async def _within_limit(closing: Coroutine[Any, Any, None]) -> bool:
    """True when the coroutine came to its end in time.

    It runs in a task of its own, because the client's stop can raise CancelledError from a cancelled child,
    which in our task would pass for our own cancellation.
    """
    task = asyncio.ensure_future(closing)
    await asyncio.wait([task], timeout=CLOSE_SECONDS)
    if not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=CLOSE_SECONDS)
    return task.done() and not task.cancelled() and task.exception() is None
