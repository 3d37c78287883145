"""Accounts and users as they arrive: stored, and their principals derived."""

from collections.abc import Sequence
from typing import Any

from chassis.database import Transaction
from eventing.consumer import Arrived
from pricing.audiences.repository import AudienceRepository
from pricing.audiences.service import AudienceService
from pricing.projections.states import AccountSeen, MemberSeen


class AudienceConsumers:
    """Handlers of `accounts.account` and `accounts.user`."""

    def __init__(self, audiences: AudienceRepository, service: AudienceService) -> None:
        self._audiences = audiences
        self._service = service

    async def accounts(self, tx: Transaction, arrived: Sequence[Arrived[AccountSeen]]) -> None:
        """Stores accounts and moves their users to the audiences that follow."""
        ids = [message.key for message in arrived]
        await self._audiences.share(tx)
        await self._audiences.lock_accounts(tx, ids)
        await self._audiences.store_accounts(tx, _live(arrived))
        await self._audiences.store_accounts(tx, _gone(arrived))
        await self._service.derive(tx, ids)

    async def users(self, tx: Transaction, arrived: Sequence[Arrived[MemberSeen]]) -> None:
        """Stores users and gives each the audience that follows from his account."""
        await self._audiences.share(tx)
        known = await self._audiences.accounts_of(tx, [message.key for message in arrived])
        ids = [*known, *(message.value.account_id for message in arrived if message.value)]
        await self._audiences.lock_accounts(tx, ids)
        await self._audiences.store_members(tx, _live(arrived))
        await self._audiences.store_members(tx, _gone(arrived))
        await self._service.derive(tx, ids)


def _live(arrived: Sequence[Arrived[Any]]) -> list[dict[str, Any]]:
    return [
        {**message.value.model_dump(), "version": message.version, "deleted": False}
        for message in arrived
        if message.value
    ]


def _gone(arrived: Sequence[Arrived[Any]]) -> list[dict[str, Any]]:
    return [
        {"id": message.key, "version": message.version, "deleted": True}
        for message in arrived
        if message.value is None
    ]
