"""Reading orders under the caller's rights, and taking one as the start of a new cart."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.database import Database
from chassis.failures import Denied
from chassis.ids import new_id
from chassis.principal import Caller, Principal
from order_export.carts.models import CartLine
from order_export.carts.service import CartService, PricedCart
from order_export.errors import OrderNotFound
from order_export.events import OrderState
from order_export.offers.models import WantedLine
from order_export.offers.sources import OfferSources
from order_export.orders.document import OrderDocuments
from order_export.orders.models import Order, OrderLine
from order_export.orders.repository import OrderFilter, OrderRepository, OrderScope
from order_export.projections.repository import Projections


@dataclass(frozen=True, slots=True)
class CopiedOrder:
    """The cart made from an order, and the lines that could not come along."""

    cart: PricedCart
    skipped: Sequence[OrderLine]


def scope_of(principal: Principal) -> OrderScope:
    """The orders the caller may see: staff all, users their account's or just their own."""
    if principal.caller is Caller.STAFF:
        return OrderScope(None)
    if principal.account_id is None:
        raise Denied("this token belongs to no account")
    everyone = principal.may("orders:read_account")
    return OrderScope(principal.account_id, None if everyone else principal.subject)


class OrderService:
    """Orders as they are read."""

    def __init__(
        self,
        database: Database,
        orders: OrderRepository,
        documents: OrderDocuments,
        projections: Projections,
        offers: OfferSources,
        carts: CartService,
    ) -> None:
        self._database = database
        self._orders = orders
        self._documents = documents
        self._projections = projections
        self._offers = offers
        self._carts = carts

    async def page(
        self, principal: Principal, wanted: OrderFilter, before_id: str | None, limit: int
    ) -> list[Order]:
        """Orders newest first, one more than `limit`."""
        async with self._database.read() as reader:
            return await self._orders.page(reader, scope_of(principal), wanted, before_id, limit)

    async def get(self, principal: Principal, order_id: str) -> OrderState:
        """The document of one order. Raises OrderNotFound."""
        async with self._database.read() as reader:
            order = await self._orders.find(reader, scope_of(principal), order_id)
            if order is None:
                raise OrderNotFound
            [document] = await self._documents.of(reader, [order])
        return document

    async def changed(
        self, principal: Principal, after: tuple[int, str] | None, limit: int
    ) -> tuple[list[OrderState], tuple[int, str] | None]:
        """Orders of the client's source as they changed, and the position behind the last one."""
        async with self._database.read() as reader:
            places = await self._orders.changed(reader, principal.source or "", after, limit)
            ids = [order_id for _, order_id in places]
            by_id = {order.id: order for order in await self._orders.by_ids(reader, ids)}
            documents = await self._documents.of(reader, [by_id[order_id] for order_id in ids])
        return documents, places[-1] if places else after

    async def copy_to_cart(self, principal: Principal, order_id: str, name: str | None) -> CopiedOrder:
        """A new cart with what of the order the caller may see today; successors stand in.

        Raises OrderNotFound, UpstreamDown.
        """
        async with self._database.read() as reader:
            order = await self._orders.find(reader, scope_of(principal), order_id)
            if order is None:
                raise OrderNotFound
            lines = (await self._orders.lines(reader, [order_id]))[order_id]
            successors = await self._projections.successors(reader, [line.product_id for line in lines])
        wanted = [
            WantedLine(successors.get(line.product_id, line.product_id), line.unit, line.quantity)
            for line in lines
        ]
        offers = await self._offers.offers(principal, wanted, priced=False)
        kept = [
            CartLine(new_id(), None, offer.wanted.product_id, offer.wanted.unit, offer.wanted.quantity)
            for offer in offers
            if offer.product is not None
        ]
        skipped = [line for line, offer in zip(lines, offers, strict=True) if offer.product is None]
        return CopiedOrder(await self._carts.create(principal, {"name": name}, kept), skipped)
