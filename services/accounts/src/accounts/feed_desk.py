"""The feeds of accounts with what happens around them: events, revocations, references that resolve."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Table, Update, update

from accounts import events, tables
from accounts.customer_accounts.feed import ACCOUNTS, ADDRESSES
from accounts.customer_accounts.publishing import AccountPublisher
from accounts.revocations.repository import Revocations
from accounts.sessions.repository import SessionRepository
from accounts.tables import account, address, member
from accounts.users.feed import USERS
from accounts.users.publishing import outgoing
from accounts.users.repository import UserRepository
from chassis.clock import Clock
from chassis.database import Database, Transaction
from eventing.outbox import Outbox
from feeds.announcing import announcer
from feeds.desk import Feeds


class FedChanges:
    """What follows from a chunk of fed rows, in its transaction."""

    def __init__(
        self,
        publisher: AccountPublisher,
        users: UserRepository,
        sessions: SessionRepository,
        revocations: Revocations,
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self._publisher = publisher
        self._users = users
        self._sessions = sessions
        self._revocations = revocations
        self._clock = clock
        self.outbox = outbox

    async def accounts(self, tx: Transaction, account_ids: Sequence[str]) -> None:
        """Addresses and users that waited for one of these accounts belong to it now."""
        await self._publisher.fed(tx, account_ids)
        await tx.execute(_resolved(address, account_ids))
        waiting = await tx.scalars(_resolved(member, account_ids).returning(member.c.id))
        if waiting:
            await self.users(tx, waiting)

    async def users(self, tx: Transaction, user_ids: Sequence[str]) -> None:
        """Users without a known account are published when it arrives."""
        found = await self._users.by_ids(tx, user_ids)
        await self.outbox.put(tx, [outgoing(user) for user in found])
        # Which rights the feed took is not known here; a token too old only costs its holder a refresh.
        await self._revocations.revoke(tx, "user", [user.id for user in found if user.first_login_at])
        removed = [user.id for user in found if user.deleted]
        await self._sessions.revoke_subjects(tx, removed, self._clock.now())


def _resolved(table: Table, account_ids: Sequence[str]) -> Update:
    """Gives rows that name one of these accounts by its external key their account."""
    return (
        update(table)
        .where(
            account.c.id.in_(account_ids),
            table.c.account_source == account.c.source,
            table.c.account_external_id == account.c.external_id,
            table.c.account_id.is_(None),
        )
        .values(account_id=account.c.id)
    )


def make_feeds(database: Database, clock: Clock, changes: FedChanges) -> Feeds:
    """The desk of accounts, addresses and users."""
    return Feeds(
        database,
        clock,
        tables.feeds,
        [replace(ACCOUNTS, changed=changes.accounts), ADDRESSES, replace(USERS, changed=changes.users)],
        on_run_changed=announcer(events.FEED, changes.outbox, clock),
    )
