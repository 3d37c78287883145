"""Use cases on channels."""

from dataclasses import replace

from accounts import events
from accounts.channels.models import Channel, ChannelChange
from accounts.channels.repository import ChannelRepository
from accounts.errors import ChannelNotFound, CodeTaken
from accounts.events import ChannelState
from accounts.machine_secrets import new_secret, secret_hash
from chassis.audit import AuditTrail
from chassis.clock import Clock, next_version
from chassis.database import Database, Transaction
from chassis.etag import require_version
from chassis.ids import new_id
from chassis.principal import Principal
from eventing.outbox import Outbox, Outgoing


def outgoing(channel: Channel) -> Outgoing:
    """The channel's public state as an event."""
    if channel.deleted:
        return Outgoing(events.CHANNEL, channel.id, channel.version, None)
    state = ChannelState(id=channel.id, code=channel.code, name=channel.name, origins=list(channel.origins))
    return Outgoing(events.CHANNEL, channel.id, channel.version, state)


def _shown(channel: Channel) -> dict[str, object]:
    return {"code": channel.code, "name": channel.name, "origins": list(channel.origins)}


class ChannelService:
    """Channels as an administrator registers them."""

    def __init__(
        self, database: Database, channels: ChannelRepository, audit: AuditTrail, outbox: Outbox, clock: Clock
    ) -> None:
        self._database = database
        self._channels = channels
        self._audit = audit
        self._outbox = outbox
        self._clock = clock

    async def page(self, after_id: str | None, limit: int) -> list[Channel]:
        """Channels by id, one more than `limit`."""
        async with self._database.read() as reader:
            return await self._channels.page(reader, after_id, limit)

    async def get(self, channel_id: str) -> Channel:
        """One channel. Raises ChannelNotFound."""
        async with self._database.read() as reader:
            found = await self._channels.find(reader, channel_id)
        if found is None:
            raise ChannelNotFound
        return found

    async def create(
        self, principal: Principal, code: str, name: str, origins: tuple[str, ...], confidential: bool
    ) -> tuple[Channel, str | None]:
        """A new channel, and its secret if it is confidential: told this once. Raises CodeTaken."""
        secret = new_secret() if confidential else None
        stored = secret_hash(secret) if secret else None
        channel = Channel(new_id(), next_version(None, self._clock.now()), code, name, origins, stored)
        async with self._database.transaction() as tx:
            if not await self._channels.add(tx, channel):
                raise CodeTaken(code)
            await self._audit.record(
                tx, principal, "channel.created", "channel", channel.id, None, _shown(channel)
            )
            await self._outbox.put(tx, [outgoing(channel)])
        return channel, secret

    async def change(
        self, principal: Principal, channel_id: str, change: ChannelChange, version: int
    ) -> Channel:
        """The changed channel. Raises ChannelNotFound, PreconditionFailed."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, channel_id, version)
            after = change.applied_to(before, next_version(before.version, self._clock.now()))
            await self._store(tx, principal, "channel.changed", before, after)
        return after

    async def remove(self, principal: Principal, channel_id: str, version: int) -> None:
        """Nobody can log in through it any more. Raises ChannelNotFound, PreconditionFailed."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, channel_id, version)
            after = replace(before, deleted=True, version=next_version(before.version, self._clock.now()))
            await self._store(tx, principal, "channel.removed", before, after)

    async def _locked(self, tx: Transaction, channel_id: str, version: int) -> Channel:
        found = await self._channels.locked(tx, channel_id)
        if found is None:
            raise ChannelNotFound
        require_version(version, found.version)
        return found

    async def _store(
        self, tx: Transaction, principal: Principal, action: str, before: Channel, after: Channel
    ) -> None:
        await self._channels.save(tx, after)
        shown = None if after.deleted else _shown(after)
        await self._audit.record(tx, principal, action, "channel", after.id, _shown(before), shown)
        await self._outbox.put(tx, [outgoing(after)])
