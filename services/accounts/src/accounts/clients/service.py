"""Use cases on machine clients: register, change, remove, new secret, and the client credentials grant."""

from dataclasses import dataclass, replace

from accounts.clients.models import Client, ClientChange, unknown_scopes
from accounts.clients.repository import ClientRepository
from accounts.errors import ClientNotFound, CodeTaken, InvalidClient, InvalidScope, UnknownPermission
from accounts.machine_secrets import matches, new_secret, secret_hash
from accounts.revocations.repository import Revocations
from accounts.sessions.tokens import AccessToken, TokenIssuer
from chassis.audit import AuditTrail
from chassis.clock import Clock, next_version
from chassis.database import Database, Transaction
from chassis.etag import require_version
from chassis.ids import new_id
from chassis.principal import Principal


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client to be registered."""

    code: str
    name: str
    scopes: frozenset[str]
    source: str
    other_sources: tuple[str, ...]


def _shown(client: Client) -> dict[str, object]:
    return {
        "code": client.code,
        "name": client.name,
        "scopes": sorted(client.scopes),
        "source": client.source,
        "other_sources": list(client.other_sources),
    }


class ClientService:
    """Machine clients as an administrator registers them."""

    def __init__(
        self,
        database: Database,
        clients: ClientRepository,
        issuer: TokenIssuer,
        audit: AuditTrail,
        revocations: Revocations,
        clock: Clock,
    ) -> None:
        self._database = database
        self._clients = clients
        self._issuer = issuer
        self._audit = audit
        self._revocations = revocations
        self._clock = clock

    async def grant(self, code: str, secret: str, scope: str | None) -> tuple[AccessToken, frozenset[str]]:
        """The client credentials grant (RFC 6749, 4.4). Raises InvalidClient, InvalidScope."""
        # Whoever takes the client's rights waits until the token is issued, so its revocation comes after.
        async with self._database.transaction() as tx:
            client = await self._clients.held(tx, code)
            if not matches(secret, client.secret_hash if client else secret_hash("")) or client is None:
                raise InvalidClient
            wanted = frozenset(scope.split()) if scope else client.scopes
            if not wanted <= client.scopes:
                raise InvalidScope(wanted - client.scopes)
            return await self._issuer.issue(client.principal(wanted)), wanted

    async def page(self, after_id: str | None, limit: int) -> list[Client]:
        """Clients by id, one more than `limit`."""
        async with self._database.read() as reader:
            return await self._clients.page(reader, after_id, limit)

    async def get(self, client_id: str) -> Client:
        """One client. Raises ClientNotFound."""
        async with self._database.read() as reader:
            found = await self._clients.find(reader, client_id)
        if found is None:
            raise ClientNotFound
        return found

    async def create(self, principal: Principal, wanted: NewClient) -> tuple[Client, str]:
        """A new client and its secret, told this once. Raises CodeTaken, UnknownPermission."""
        _check_scopes(wanted.scopes)
        secret = new_secret()
        client = Client(
            id=new_id(),
            version=next_version(None, self._clock.now()),
            code=wanted.code,
            name=wanted.name,
            secret_hash=secret_hash(secret),
            scopes=wanted.scopes,
            source=wanted.source,
            other_sources=wanted.other_sources,
        )
        async with self._database.transaction() as tx:
            if not await self._clients.add(tx, client):
                raise CodeTaken(client.code)
            await self._audit.record(
                tx, principal, "client.created", "client", client.id, None, _shown(client)
            )
        return client, secret

    async def change(
        self, principal: Principal, client_id: str, change: ClientChange, version: int
    ) -> Client:
        """The changed client. Raises ClientNotFound, PreconditionFailed, UnknownPermission."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, client_id, version)
            after = change.applied_to(before, next_version(before.version, self._clock.now()))
            _check_scopes(after.scopes)
            await self._store(tx, principal, "client.changed", before, after)
        return after

    async def renew_secret(self, principal: Principal, client_id: str, version: int) -> tuple[Client, str]:
        """A new secret, told this once; the old one ends. Raises ClientNotFound, PreconditionFailed."""
        secret = new_secret()
        async with self._database.transaction() as tx:
            before = await self._locked(tx, client_id, version)
            changed = next_version(before.version, self._clock.now())
            after = replace(before, secret_hash=secret_hash(secret), version=changed)
            await self._store(tx, principal, "client.secret_renewed", before, after)
            await self._revocations.revoke(tx, "client", [after.id])
        return after, secret

    async def remove(self, principal: Principal, client_id: str, version: int) -> None:
        """The client is out. Raises ClientNotFound, PreconditionFailed."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, client_id, version)
            after = replace(before, deleted=True, version=next_version(before.version, self._clock.now()))
            await self._store(tx, principal, "client.removed", before, after)

    async def _locked(self, tx: Transaction, client_id: str, version: int) -> Client:
        found = await self._clients.locked(tx, client_id)
        if found is None:
            raise ClientNotFound
        require_version(version, found.version)
        return found

    async def _store(
        self, tx: Transaction, principal: Principal, action: str, before: Client, after: Client
    ) -> None:
        await self._clients.save(tx, after)
        shown = None if after.deleted else _shown(after)
        await self._audit.record(tx, principal, action, "client", after.id, _shown(before), shown)
        if after.deleted or not before.scopes <= after.scopes:
            await self._revocations.revoke(tx, "client", [after.id])


def _check_scopes(scopes: frozenset[str]) -> None:
    unknown = unknown_scopes(scopes)
    if unknown:
        raise UnknownPermission(unknown, "scopes")
