"""Use cases on carts: changed in one transaction, priced and checked when read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chassis.clock import Clock, next_version
from chassis.database import Database, Transaction
from chassis.failures import Denied
from chassis.ids import new_id
from chassis.principal import Principal
from order_export.carts.models import (
    MAX_LINES,
    Cart,
    CartLine,
    CartScope,
    LineChange,
    LineUnknown,
    changed_lines,
)
from order_export.carts.repository import CartRepository
from order_export.errors import (
    CartChanged,
    CartLineUnknown,
    CartNotFound,
    CartTooLarge,
    ProductUnavailable,
    at,
)
from order_export.offers.models import Offer, WantedLine
from order_export.offers.sources import OfferSources


@dataclass(frozen=True, slots=True)
class PricedCart:
    """A cart with what is offered for each line now."""

    cart: Cart
    offers: Sequence[Offer]
    shows_prices: bool

    def rows(self) -> Iterator[tuple[str, str | None, Offer]]:
        """Line id, client's line id and offer of each line."""
        for line, offer in zip(self.cart.lines, self.offers, strict=True):
            yield line.id, line.client_line_id, offer


def scope_of(principal: Principal) -> CartScope:
    """The carts the caller may touch."""
    if principal.account_id is None:
        raise Denied("this token belongs to no account")
    return CartScope(principal.account_id, principal.subject)


class CartService:
    """Carts of users."""

    def __init__(self, database: Database, carts: CartRepository, offers: OfferSources, clock: Clock) -> None:
        self._database = database
        self._carts = carts
        self._offers = offers
        self._clock = clock

    async def page(self, principal: Principal, before_id: str | None, limit: int) -> list[tuple[Cart, int]]:
        """Carts without lines, newest first, one more than `limit`."""
        async with self._database.read() as reader:
            return await self._carts.page(reader, scope_of(principal), before_id, limit)

    async def get(self, principal: Principal, cart_id: str) -> PricedCart:
        """The cart, priced now. Raises CartNotFound, UpstreamDown (the cart is not lost)."""
        async with self._database.read() as reader:
            cart = await self._carts.find(reader, scope_of(principal), cart_id)
        if cart is None:
            raise CartNotFound
        return await self._priced(principal, cart)

    async def create(
        self, principal: Principal, given: Mapping[str, Any], lines: Sequence[CartLine] = ()
    ) -> PricedCart:
        """A new cart."""
        scope, now = scope_of(principal), self._clock.now()
        cart = Cart(
            id=new_id(),
            account_id=scope.account_id,
            user_id=scope.user_id,
            version=next_version(None, now),
            name=None,
            visibility="private",
            ship_to_id=None,
            customer_reference=None,
            requested_delivery_date=None,
            created_at=now,
            lines=tuple(lines),
        )
        cart = replace(cart, **given)
        priced = await self._priced(principal, cart)
        async with self._database.transaction() as tx:
            await self._carts.add(tx, cart)
        return priced

    async def change(self, principal: Principal, cart_id: str, given: Mapping[str, Any]) -> PricedCart:
        """The cart with other particulars. Raises CartNotFound."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, principal, cart_id, None)
            cart = replace(before, **given, version=next_version(before.version, self._clock.now()))
            await self._carts.save(tx, cart)
        return await self._priced(principal, cart)

    async def remove(self, principal: Principal, cart_id: str) -> None:
        """Removes a cart. Raises CartNotFound."""
        async with self._database.transaction() as tx:
            cart = await self._locked(tx, principal, cart_id, None)
            await self._carts.remove(tx, cart, next_version(cart.version, self._clock.now()))

    async def change_lines(
        self, principal: Principal, cart_id: str, changes: Sequence[LineChange], version: int | None
    ) -> PricedCart:
        """The cart after the changes, all or none of them.

        Raises CartNotFound, CartChanged, CartTooLarge, CartLineUnknown, ProductUnavailable, UpstreamDown.
        """
        await self._check_visible(principal, changes)
        async with self._database.transaction() as tx:
            before = await self._locked(tx, principal, cart_id, version)
            try:
                lines = changed_lines(before.lines, changes, [new_id() for _ in changes])
            except LineUnknown as error:
                raise CartLineUnknown(error.index) from error
            if len(lines) > MAX_LINES:
                raise CartTooLarge
            after = next_version(before.version, self._clock.now())
            cart = replace(before, lines=tuple(lines), version=after)
            await self._carts.save(tx, cart)
        return await self._priced(principal, cart)

    async def _check_visible(self, principal: Principal, changes: Sequence[LineChange]) -> None:
        """A product enters a cart only if the caller may see it."""
        named = [
            (index, change) for index, change in enumerate(changes) if change.product_id and change.quantity
        ]
        wanted = [
            WantedLine(change.product_id, change.unit, change.quantity)
            for _, change in named
            if change.product_id is not None
        ]
        offers = await self._offers.offers(principal, wanted, priced=False)
        errors = [
            at(f"/lines/{index}/product_id", "product_unavailable", "not available")
            for (index, _), offer in zip(named, offers, strict=True)
            if offer.product is None
        ]
        if errors:
            raise ProductUnavailable(errors)

    async def _locked(self, tx: Transaction, principal: Principal, cart_id: str, version: int | None) -> Cart:
        found = await self._carts.locked(tx, scope_of(principal), cart_id)
        if found is None:
            raise CartNotFound
        if version is not None and version != found.version:
            raise CartChanged(found.version)
        return found

    async def _priced(self, principal: Principal, cart: Cart) -> PricedCart:
        shows = principal.may("prices:read")
        offers = await self._offers.offers(principal, [line.wanted for line in cart.lines], priced=shows)
        return PricedCart(cart, offers, shows)
