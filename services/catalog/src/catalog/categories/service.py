"""Use cases on categories: each one transaction, with audit row, events, and listings made anew."""

from collections.abc import Sequence
from dataclasses import replace

from catalog import events
from catalog.categories.models import Category, CategoryChange, CategoryTree
from catalog.categories.repository import CategoryRepository
from catalog.errors import CategoryCycle, CategoryNotFound, CategoryTreeNotFound, CodeTaken, InUse
from catalog.events import CategoryState
from catalog.listings.repository import Listings
from chassis.audit import AuditTrail
from chassis.clock import Clock, next_version
from chassis.database import Database, Transaction
from chassis.etag import require_version
from chassis.ids import new_id
from chassis.principal import Principal
from eventing.outbox import Outbox, Outgoing


def outgoing(category: Category) -> Outgoing:
    """The category's public state as an event."""
    if category.deleted:
        return Outgoing(events.CATEGORY, category.id, category.version, None)
    state = CategoryState(
        id=category.id,
        tree_id=category.tree_id,
        parent_id=category.parent_id,
        code=category.code,
        names=dict(category.names),
        position=category.position,
        path=list(category.path),
    )
    return Outgoing(events.CATEGORY, category.id, category.version, state)


def _shown(category: Category) -> dict[str, object]:
    return {
        "code": category.code,
        "names": dict(category.names),
        "parent_id": category.parent_id,
        "position": category.position,
    }


class CategoryService:
    """Trees and categories as an administrator changes them."""

    def __init__(
        self,
        database: Database,
        categories: CategoryRepository,
        listings: Listings,
        audit: AuditTrail,
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self._database = database
        self._categories = categories
        self._listings = listings
        self._audit = audit
        self._outbox = outbox
        self._clock = clock

    async def trees(self, after_id: str | None, limit: int) -> list[CategoryTree]:
        """Trees by id, one more than `limit`."""
        async with self._database.read() as reader:
            return await self._categories.trees(reader, after_id, limit)

    async def create_tree(self, principal: Principal, wanted: CategoryTree) -> CategoryTree:
        """A new tree; its id and version are given here. Raises CodeTaken."""
        tree = replace(wanted, id=new_id(), version=next_version(None, self._clock.now()))
        async with self._database.transaction() as tx:
            if not await self._categories.add_tree(tx, tree):
                raise CodeTaken(tree.code)
            shown = {"code": tree.code, "names": dict(tree.names)}
            await self._audit.record(tx, principal, "tree.created", "category_tree", tree.id, None, shown)
        return tree

    async def page(
        self, tree_id: str | None, parent_id: str | None, after_id: str | None, limit: int
    ) -> list[Category]:
        """Categories by id, one more than `limit`."""
        async with self._database.read() as reader:
            return await self._categories.page(reader, tree_id, parent_id, after_id, limit)

    async def get(self, category_id: str) -> Category:
        """One category. Raises CategoryNotFound."""
        async with self._database.read() as reader:
            found = await self._categories.find(reader, category_id)
        if found is None:
            raise CategoryNotFound
        return found

    async def create(self, principal: Principal, wanted: Category) -> Category:
        """A new category; id, version and path are given here.

        Raises CategoryTreeNotFound, CategoryNotFound (the parent), CodeTaken.
        """
        category = replace(wanted, id=new_id(), version=next_version(None, self._clock.now()))
        async with self._database.transaction() as tx:
            await self._listings.lock_rules(tx)
            if await self._categories.tree(tx, category.tree_id) is None:
                raise CategoryTreeNotFound
            category = category.below(await self._parent(tx, wanted.parent_id, category.tree_id))
            await self._check_code(tx, category)
            await self._categories.add(tx, category)
            await self._audit.record(
                tx, principal, "category.created", "category", category.id, None, _shown(category)
            )
            await self._outbox.put(tx, [outgoing(category)])
        return category

    async def change(
        self, principal: Principal, category_id: str, change: CategoryChange, version: int
    ) -> Category:
        """The changed category. Raises CategoryNotFound, PreconditionFailed, CodeTaken."""
        async with self._database.transaction() as tx:
            # Held by every writer of categories: two at once would not see each other's code.
            await self._listings.lock_rules(tx)
            before = await self._locked(tx, category_id, version)
            after = change.applied_to(self._newer(before))
            await self._check_code(tx, after)
            await self._store(tx, principal, "category.changed", before, [after])
        return after

    async def move(
        self, principal: Principal, category_id: str, parent_id: str | None, position: int, version: int
    ) -> Category:
        """The category below another parent, with everything under it.

        Raises CategoryNotFound, PreconditionFailed, CategoryCycle.
        """
        async with self._database.transaction() as tx:
            await self._listings.lock_rules(tx)
            before = await self._locked(tx, category_id, version)
            parent = await self._parent(tx, parent_id, before.tree_id)
            if parent is not None and category_id in parent.path:
                raise CategoryCycle
            after = replace(self._newer(before).below(parent), position=position)
            below = await self._categories.descendants(tx, category_id)
            followers = [self._newer(child).follows(after, before) for child in below]
            await self._store(tx, principal, "category.moved", before, [after, *followers])
            await self._listings.refresh(tx, await self._categories.products_below(tx, category_id))
        return after

    async def remove(self, principal: Principal, category_id: str, version: int) -> None:
        """Removes an empty category. Raises CategoryNotFound, PreconditionFailed, InUse."""
        async with self._database.transaction() as tx:
            await self._listings.lock_rules(tx)
            before = await self._locked(tx, category_id, version)
            below = await self._categories.descendants(tx, category_id)
            products = await self._categories.products_below(tx, category_id)
            if below or products:
                raise InUse(len(below) + len(products))
            await self._store(
                tx, principal, "category.removed", before, [replace(self._newer(before), deleted=True)]
            )

    def _newer(self, category: Category) -> Category:
        return replace(category, version=next_version(category.version, self._clock.now()))

    async def _parent(self, tx: Transaction, parent_id: str | None, tree_id: str) -> Category | None:
        if parent_id is None:
            return None
        parent = await self._categories.find(tx, parent_id)
        if parent is None or parent.tree_id != tree_id:
            raise CategoryNotFound("there is no such parent in the tree")
        return parent

    async def _check_code(self, tx: Transaction, category: Category) -> None:
        if await self._categories.code_taken(tx, category):
            raise CodeTaken(category.code)

    async def _locked(self, tx: Transaction, category_id: str, version: int) -> Category:
        found = await self._categories.find(tx, category_id, lock=True)
        if found is None:
            raise CategoryNotFound
        require_version(version, found.version)
        return found

    async def _store(
        self, tx: Transaction, principal: Principal, action: str, before: Category, after: Sequence[Category]
    ) -> None:
        for category in after:
            await self._categories.save(tx, category)
        shown = None if after[0].deleted else _shown(after[0])
        await self._audit.record(tx, principal, action, "category", before.id, _shown(before), shown)
        await self._outbox.put(tx, [outgoing(category) for category in after])
