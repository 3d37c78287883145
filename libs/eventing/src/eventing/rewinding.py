"""Sending a consumer group back to the beginning, so that a service builds its copies again."""

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import CommitFailedError

from eventing.closing import close_consumer
from eventing.kafka import Cluster


class GroupInUseError(Exception):
    """The group's workers run; where they stand cannot be moved under them."""


async def rewind(bootstrap: str, group: str, topics: Sequence[str]) -> None:
    """Moves the group to the first message of every topic that exists.

    Raises GroupInUseError, and one of `eventing.kafka.UNREACHABLE` without a broker.
    """
    cluster = await Cluster.connect(bootstrap)
    client = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    try:
        partitions = await cluster.partitions(topics)
        await client.start()
        client.assign(list(partitions))
        if partitions:
            await client.commit(dict(await cluster.starts(partitions)))
    except CommitFailedError as error:
        raise GroupInUseError(f"a worker of {group} still runs") from error
    finally:
        await close_consumer(client)
        await cluster.close()
