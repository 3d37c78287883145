"""Import profiles as data: kept per resource, read by name."""

from collections.abc import Sequence

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from chassis.clock import Clock, next_version
from chassis.database import Database
from chassis.etag import require_version
from chassis.failures import Conflict, FieldError, Invalid, NotFound
from chassis.ids import new_id
from feeds.fields import RowSchema
from feeds.profiles import ImportProfile
from feeds.tables import FeedTables


class ProfileNotFound(NotFound):
    """There is no such import profile for the resource."""

    code = "import_profile_not_found"
    title = "There is no such import profile"


class ProfileNameTaken(Conflict):
    """Another profile of the resource has the name."""

    code = "import_profile_name_taken"
    title = "Another import profile has this name"


class ProfileFieldUnknown(Invalid):
    """The profile fills fields that the resource does not have."""

    code = "import_profile_field_unknown"
    title = "The profile names fields that do not exist"

    def __init__(self, names: Sequence[str]) -> None:
        errors = [
            FieldError("unknown_field", f"there is no field {name!r}", pointer="/settings") for name in names
        ]
        super().__init__(errors=errors)


class ProfileStore:
    """Import profiles of one service."""

    def __init__(self, database: Database, clock: Clock, tables: FeedTables) -> None:
        self._database = database
        self._clock = clock
        self._table = tables.profile

    async def all(self, resource: str) -> Sequence[RowMapping]:
        """The resource's profiles by name."""
        statement = select(self._table).where(self._table.c.resource == resource).order_by(self._table.c.name)
        async with self._database.read() as reader:
            return await reader.all(statement)

    async def get(self, resource: str, profile_id: str) -> RowMapping:
        """One profile by id or name. Raises ProfileNotFound."""
        table = self._table
        named = (table.c.id == profile_id) | (table.c.name == profile_id)
        async with self._database.read() as reader:
            row = await reader.first(select(table).where(table.c.resource == resource, named).limit(1))
        if row is None:
            raise ProfileNotFound
        return row

    async def add(
        self, resource: str, schema: RowSchema, name: str, settings: ImportProfile, *, by: str
    ) -> RowMapping:
        """Keeps a new profile. Raises ProfileNameTaken, ProfileFieldUnknown."""
        _check(settings, schema)
        now, profile_id = self._clock.now(), new_id()
        values = {
            "id": profile_id,
            "resource": resource,
            "name": name,
            "settings": settings.model_dump(mode="json"),
            "version": next_version(None, now),
            "updated_at": now,
            "updated_by": by,
        }
        try:
            async with self._database.transaction() as tx:
                await tx.execute(insert(self._table).values(**values))
        except IntegrityError as error:
            raise ProfileNameTaken from error
        return await self.get(resource, profile_id)

    async def replace(
        self, resource: str, schema: RowSchema, profile_id: str, name: str, settings: ImportProfile, *,
        version: int, by: str,
    ) -> RowMapping:  # fmt: skip
        """Changes a profile of this version. Raises ProfileNotFound, PreconditionFailed and as `add`."""
        _check(settings, schema)
        now, table = self._clock.now(), self._table
        mine = (table.c.resource == resource, table.c.id == profile_id)
        try:
            async with self._database.transaction() as tx:
                found = await tx.first(select(table.c.version).where(*mine).with_for_update())
                if found is None:
                    raise ProfileNotFound
                require_version(version, found["version"])
                values = {
                    "name": name,
                    "settings": settings.model_dump(mode="json"),
                    "version": next_version(version, now),
                    "updated_at": now,
                    "updated_by": by,
                }
                await tx.execute(update(table).where(*mine).values(**values))
        except IntegrityError as error:
            raise ProfileNameTaken from error
        return await self.get(resource, profile_id)

    async def remove(self, resource: str, profile_id: str, *, version: int) -> None:
        """Deletes a profile of this version; runs keep the copy they were read by."""
        table = self._table
        mine = (table.c.resource == resource, table.c.id == profile_id)
        async with self._database.transaction() as tx:
            found = await tx.first(select(table.c.version).where(*mine).with_for_update())
            if found is None:
                raise ProfileNotFound
            require_version(version, found["version"])
            await tx.execute(delete(table).where(*mine))


def _check(settings: ImportProfile, schema: RowSchema) -> None:
    unknown = settings.unknown_names(schema)
    if unknown:
        raise ProfileFieldUnknown(unknown)
