"""Placing an order: once per key, priced and checked outside, stored in one transaction."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy.exc import DBAPIError

from chassis.clock import Clock, next_version
from chassis.database import Database, Reader, Transaction
from chassis.failures import Denied
from chassis.idempotency import IdempotencyKeys
from chassis.ids import new_id
from chassis.principal import Principal
from chassis.repeatable import IdempotentRequest, KeptAnswer
from order_export.carts.models import Cart, CartScope
from order_export.carts.repository import CartRepository
from order_export.errors import (
    AccountOnHold,
    CartChanged,
    CartEmpty,
    CartNotFound,
    OrderLimitReached,
    OrderTermsViolated,
    OutcomeUnknown,
    PriceChanged,
    PriceOnRequest,
    ProductUnavailable,
    ShipToUnknown,
)
from order_export.exports.moves import ExportMoves
from order_export.offers.account import OrderingAccount
from order_export.offers.models import Offer, WantedLine
from order_export.offers.sources import OfferSources
from order_export.orders.models import (
    PLACED,
    Findings,
    Order,
    OrderLine,
    WantedOrder,
    examine,
    placed_line,
    placed_order,
)
from order_export.orders.publishing import OrderPublisher
from order_export.orders.repository import OrderRepository
from order_export.projections.repository import Projections

PLACE: Final = "place_order"
"""The operation; its answers are kept as long as the orders."""


@dataclass(frozen=True, slots=True)
class PlacingRules:
    """Settings of placing: what numbers look like, how many orders may wait, the wholesaler's time zone."""

    number_prefix: str
    waiting_limit: int
    time_zone: ZoneInfo


class OrderPlacing:
    """The use case. Every read of a neighbour happens before the transaction, and nothing after it."""

    def __init__(
        self,
        database: Database,
        keys: IdempotencyKeys,
        carts: CartRepository,
        orders: OrderRepository,
        projections: Projections,
        offers: OfferSources,
        moves: ExportMoves,
        publisher: OrderPublisher,
        rules: PlacingRules,
        clock: Clock,
    ) -> None:
        self._database = database
        self._keys = keys
        self._carts = carts
        self._orders = orders
        self._projections = projections
        self._offers = offers
        self._moves = moves
        self._publisher = publisher
        self._rules = rules
        self._clock = clock

    async def place(
        self, principal: Principal, request: IdempotentRequest, wanted: WantedOrder
    ) -> KeptAnswer:
        """The receipt, the same bytes for the same key as long as the order exists.

        Raises AccountOnHold, CartNotFound, CartChanged, CartEmpty, ProductUnavailable, OrderTermsViolated,
        PriceOnRequest, PriceChanged, ShipToUnknown, OrderLimitReached, OutcomeUnknown, UpstreamDown, and
        what IdempotencyKeys raises.
        """
        async with self._database.read() as reader:
            known_as = await self._projections.standing(reader, _account_of(principal), principal.subject)
            if known_as.block != "none":
                raise AccountOnHold
            if known_as.removed:
                raise Denied("this user was removed")
            known = await self._keys.recall(reader, request)
            if known is not None:
                return known
            lines = await self._lines(reader, principal, wanted)
        offers, account = await asyncio.gather(
            self._offers.offers(principal, lines, priced=True), self._offers.account(principal)
        )
        if account.block != "none":
            raise AccountOnHold
        if account.ship_to(wanted.ship_to_id) is None:
            raise ShipToUnknown
        _refuse(examine(offers, wanted.on_price_change, shows_prices=principal.may("prices:read")))
        return await self._store(principal, request, wanted, offers, account)

    async def _lines(self, reader: Reader, principal: Principal, wanted: WantedOrder) -> Sequence[WantedLine]:
        if wanted.cart_id is None:
            return wanted.lines or ()
        cart = await self._carts.find(reader, _carts_of(principal), wanted.cart_id)
        if cart is None:
            raise CartNotFound
        if cart.version != wanted.cart_version:
            raise CartChanged(cart.version)
        if not cart.lines:
            raise CartEmpty
        return [line.wanted for line in cart.lines]

    async def _store(
        self,
        principal: Principal,
        request: IdempotentRequest,
        wanted: WantedOrder,
        offers: Sequence[Offer],
        account: OrderingAccount,
    ) -> KeptAnswer:
        committing = False
        try:
            async with self._database.transaction() as tx:
                known = await self._keys.begin(tx, request)
                if known is not None:
                    return known
                order = await self._add(tx, principal, wanted, offers, account)
                answer = receipt(order)
                await self._keys.keep(tx, request, answer)
                committing = True
        except (DBAPIError, OSError) as error:
            # Up to here an error undid everything; at the commit itself nobody knows.
            if committing:
                raise OutcomeUnknown(request.key) from error
            raise
        return answer

    async def _add(
        self,
        tx: Transaction,
        principal: Principal,
        wanted: WantedOrder,
        offers: Sequence[Offer],
        account: OrderingAccount,
    ) -> Order:
        await self._orders.lock_account(tx, account.id)
        if await self._orders.waiting(tx, account.id) >= self._rules.waiting_limit:
            raise OrderLimitReached
        now = self._clock.now()
        order_id = new_id()
        if wanted.cart_id is not None:
            await self._take_cart(tx, principal, wanted, order_id, now)
        number = f"{self._rules.number_prefix}{await self._orders.next_number(tx)}"
        lines = [placed_line(new_id(), index, offer) for index, offer in enumerate(offers, start=1)]
        order = placed_order(
            order_id,
            number,
            next_version(None, now),
            account,
            wanted,
            lines,
            _currency(offers),
            principal,
            now,
            now.astimezone(self._rules.time_zone).date(),
        )
        await self._write(tx, order, lines)
        return order

    async def _write(self, tx: Transaction, order: Order, lines: Sequence[OrderLine]) -> None:
        await self._orders.add(tx, order, lines)
        await self._orders.record(tx, order.id, order.ordered_at, PLACED)
        await self._moves.begin(tx, order)
        await self._publisher.placed(tx, order, lines)

    async def _take_cart(
        self, tx: Transaction, principal: Principal, wanted: WantedOrder, order_id: str, now: datetime
    ) -> None:
        """The cart becomes the order, if it still is what was priced."""
        assert wanted.cart_id is not None
        cart: Cart | None = await self._carts.locked(tx, _carts_of(principal), wanted.cart_id)
        if cart is None:
            raise CartNotFound
        if cart.version != wanted.cart_version:
            raise CartChanged(cart.version)
        await self._carts.ordered(tx, cart, order_id, next_version(cart.version, now))


def receipt(order: Order) -> KeptAnswer:
    """What the caller gets: no amounts, so that it is the same for every right."""
    body = {
        "id": order.id,
        "order_number": order.order_number,
        "ordered_at": order.ordered_at.isoformat().replace("+00:00", "Z"),
        "line_count": order.line_count,
    }
    return KeptAnswer(201, {"Location": f"/v1/orders/{order.id}"}, orjson.dumps(body))


def _refuse(findings: Findings) -> None:
    if findings.unavailable:
        raise ProductUnavailable(findings.unavailable)
    if findings.terms:
        raise OrderTermsViolated(findings.terms)
    if findings.on_request:
        raise PriceOnRequest(findings.on_request)
    if findings.changed:
        raise PriceChanged(findings.changed)


def _currency(offers: Sequence[Offer]) -> str:
    currencies = {offer.price.currency for offer in offers if offer.price is not None}
    assert len(currencies) == 1, "an account is priced in one currency"
    [currency] = currencies
    assert currency is not None
    return currency


def _account_of(principal: Principal) -> str:
    if principal.account_id is None:
        raise Denied("this token belongs to no account")
    return principal.account_id


def _carts_of(principal: Principal) -> CartScope:
    return CartScope(_account_of(principal), principal.subject)
