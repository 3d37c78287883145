"""Use cases on connectors, for the wholesaler's staff."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from chassis.audit import AuditTrail
from chassis.clock import Clock, next_version
from chassis.database import Database, Transaction
from chassis.etag import require_version
from chassis.ids import new_id
from chassis.principal import Principal
from order_export.connectors.mapping import MappingInvalid, check
from order_export.connectors.models import Connector
from order_export.connectors.repository import ConnectorRepository
from order_export.connectors.secrets import SecretBox
from order_export.errors import (
    ConnectorCodeTaken,
    ConnectorInUse,
    ConnectorInvalid,
    ConnectorNotFound,
    ConnectorSourceTaken,
    at,
)


class ConnectorService:
    """Connectors as an administrator changes them."""

    def __init__(
        self,
        database: Database,
        connectors: ConnectorRepository,
        audit: AuditTrail,
        secrets: SecretBox,
        clock: Clock,
    ) -> None:
        self._database = database
        self._connectors = connectors
        self._audit = audit
        self._secrets = secrets
        self._clock = clock

    async def page(self, after_id: str | None, limit: int) -> list[Connector]:
        """Connectors by id, one more than `limit`."""
        async with self._database.read() as reader:
            return await self._connectors.page(reader, after_id, limit)

    async def get(self, connector_id: str) -> Connector:
        """One connector. Raises ConnectorNotFound."""
        async with self._database.read() as reader:
            found = await self._connectors.find(reader, connector_id)
        if found is None:
            raise ConnectorNotFound
        return found

    async def create(self, principal: Principal, wanted: Connector, secret: str | None) -> Connector:
        """A new connector. Raises ConnectorCodeTaken, ConnectorSourceTaken, ConnectorInvalid."""
        made = self._sealed(
            replace(wanted, id=new_id(), version=next_version(None, self._clock.now())), secret
        )
        _check(made)
        async with self._database.transaction() as tx:
            await self._connectors.hold(tx)
            if await self._connectors.by_code(tx, made.code) is not None:
                raise ConnectorCodeTaken
            await self._check_source(tx, made)
            await self._connectors.add(tx, made)
            await self._audit.record(
                tx, principal, "connector.created", "connector", made.id, None, _shown(made)
            )
        return made

    async def change(
        self,
        principal: Principal,
        connector_id: str,
        applied: Callable[[Connector], Connector],
        secret: str | None,
        version: int,
    ) -> Connector:
        """The changed connector. Raises ConnectorNotFound, PreconditionFailed, and what `create` raises."""
        async with self._database.transaction() as tx:
            await self._connectors.hold(tx)
            before = await self._locked(tx, connector_id, version)
            changed = replace(applied(before), version=next_version(before.version, self._clock.now()))
            after = self._sealed(changed, secret)
            _check(after)
            await self._check_source(tx, after)
            await self._store(tx, principal, "connector.changed", before, after)
        return after

    async def remove(self, principal: Principal, connector_id: str, version: int) -> None:
        """Removes a connector without open exports. Raises ConnectorNotFound, ConnectorInUse."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, connector_id, version)
            if await self._connectors.open_exports(tx, connector_id):
                raise ConnectorInUse
            version = next_version(before.version, self._clock.now())
            after = replace(before, deleted=True, secret=None, version=version)
            await self._store(tx, principal, "connector.removed", before, after)

    def _sealed(self, connector: Connector, secret: str | None) -> Connector:
        return connector if secret is None else replace(connector, secret=self._secrets.close(secret))

    async def _locked(self, tx: Transaction, connector_id: str, version: int) -> Connector:
        found = await self._connectors.locked(tx, connector_id)
        if found is None:
            raise ConnectorNotFound
        require_version(version, found.version)
        return found

    async def _check_source(self, tx: Transaction, connector: Connector) -> None:
        if connector.active and await self._connectors.source_taken(tx, connector.source, connector.id):
            raise ConnectorSourceTaken

    async def _store(
        self, tx: Transaction, principal: Principal, action: str, before: Connector, after: Connector
    ) -> None:
        await self._connectors.save(tx, after)
        shown = None if after.deleted else _shown(after)
        await self._audit.record(tx, principal, action, "connector", after.id, _shown(before), shown)


def _check(connector: Connector) -> None:
    found = connector.contradictions()
    if connector.push is not None:
        try:
            check(connector.push.mapping)
        except MappingInvalid as error:
            found.append(("/push/mapping", str(error)))
    if found:
        raise ConnectorInvalid(
            errors=[at(pointer, "connector_invalid", message) for pointer, message in found]
        )


def _shown(connector: Connector) -> dict[str, Any]:
    """What the audit trail keeps: everything but the secret."""
    return {
        name: value for name, value in asdict(connector).items() if name not in ("secret", "id", "version")
    }
