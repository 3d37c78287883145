"""Orders over HTTP: placed and read by users, read by staff, followed by machines."""

from typing import Annotated, Final

from fastapi import Depends, Request, Response, status

from chassis.pages import CursorInvalid, CursorText, Limit, Page, Paged
from chassis.principal import Principal
from chassis.repeatable import (
    IdempotencyInFlight,
    IdempotencyKeyHeader,
    IdempotencyKeyRequired,
    IdempotencyKeyReused,
    identify,
)
from chassis.routing import problems, router
from chassis.security import admin, channel, integration
from chassis.upstream import UpstreamDown
from chassis.values import Identifier
from order_export.errors import (
    AccountOnHold,
    CartChanged,
    CartEmpty,
    CartNotFound,
    OrderLimitReached,
    OrderNotFound,
    OrderTermsViolated,
    OutcomeUnknown,
    PriceChanged,
    PriceOnRequest,
    ProductUnavailable,
    ShipToUnknown,
)
from order_export.orders.listing import OrderQuery, order_query
from order_export.orders.placing import PLACE
from order_export.orders.schemas import (
    CopiedOut,
    CopyToCart,
    OrderChanges,
    OrderOut,
    OrderReceipt,
    OrderSummary,
    OrderWrite,
)
from order_export.wiring import Wired

SEES_PRICES: Final = "prices:read"
routes = router("orders")
Placing = Annotated[Principal, Depends(channel("orders:place"))]
Reading = Annotated[Principal, Depends(channel("orders:read", "orders:read_account"))]
Copying = Annotated[Principal, Depends(channel("carts:write"))]
Staff = Annotated[Principal, Depends(admin("orders:read_all"))]
Machine = Annotated[Principal, Depends(integration("orders:export", "orders:respond"))]
Listing = Annotated[OrderQuery, Depends(order_query)]


@routes.post(
    "/v1/orders",
    operation_id=PLACE,
    summary="Place an order; the same key again gives the same answer",
    status_code=status.HTTP_201_CREATED,
    response_model=OrderReceipt,
    responses=problems(
        IdempotencyKeyRequired,
        IdempotencyKeyReused,
        IdempotencyInFlight,
        AccountOnHold,
        CartNotFound,
        CartChanged,
        CartEmpty,
        ProductUnavailable,
        OrderTermsViolated,
        PriceOnRequest,
        PriceChanged,
        ShipToUnknown,
        OrderLimitReached,
        OutcomeUnknown,
        UpstreamDown,
    ),
)
async def place_order(
    wiring: Wired, principal: Placing, request: Request, body: OrderWrite, key: IdempotencyKeyHeader = None
) -> Response:
    identified = await identify(request, principal, PLACE, key)
    kept = await wiring.placing.place(principal, identified, body.wanted())
    return Response(kept.body, kept.status, kept.headers, "application/json")


@routes.get(
    "/v1/orders",
    operation_id="list_orders",
    summary="Orders, newest first",
    responses=problems(CursorInvalid),
)
async def list_orders(wiring: Wired, principal: Reading, paging: Paged, query: Listing) -> Page[OrderSummary]:
    before = paging.after("orders", principal.account_id, principal.subject, query.binding)
    found = await wiring.orders.page(principal, query.filter, before[0] if before else None, paging.limit)
    shows = principal.may(SEES_PRICES)
    return paging.page(
        found, lambda order: OrderSummary.of(order, shows_prices=shows), lambda order: [order.id]
    )


@routes.get(
    "/v1/orders/{order_id}", operation_id="get_order", summary="One order", responses=problems(OrderNotFound)
)
async def get_order(wiring: Wired, principal: Reading, order_id: Identifier) -> OrderOut:
    document = await wiring.orders.get(principal, order_id)
    return OrderOut.of(document, shows_prices=principal.may(SEES_PRICES))


@routes.post(
    "/v1/orders/{order_id}/copy-to-cart",
    operation_id="copy_order_to_cart",
    summary="Start a cart from an order",
    status_code=status.HTTP_201_CREATED,
    responses=problems(OrderNotFound, UpstreamDown),
)
async def copy_order_to_cart(
    wiring: Wired, principal: Copying, order_id: Identifier, body: CopyToCart, response: Response
) -> CopiedOut:
    copied = await wiring.orders.copy_to_cart(principal, order_id, body.name)
    response.headers["Location"] = f"/v1/carts/{copied.cart.cart.id}"
    return CopiedOut.of(copied)


@routes.get(
    "/admin/v1/orders",
    operation_id="list_all_orders",
    summary="Orders of every account, newest first",
    responses=problems(CursorInvalid),
)
async def list_all_orders(
    wiring: Wired, principal: Staff, paging: Paged, query: Listing
) -> Page[OrderSummary]:
    before = paging.after("all-orders", query.binding)
    found = await wiring.orders.page(principal, query.filter, before[0] if before else None, paging.limit)
    return paging.page(
        found, lambda order: OrderSummary.of(order, shows_prices=True), lambda order: [order.id]
    )


@routes.get(
    "/admin/v1/orders/{order_id}",
    operation_id="get_any_order",
    summary="One order of any account",
    responses=problems(OrderNotFound),
)
async def get_any_order(wiring: Wired, principal: Staff, order_id: Identifier) -> OrderOut:
    return OrderOut.of(await wiring.orders.get(principal, order_id), shows_prices=True)


@routes.get(
    "/integration/v1/orders/changes",
    operation_id="list_order_changes",
    summary="Orders of this client's source, in the order their changes were committed",
    responses=problems(CursorInvalid),
)
async def list_order_changes(
    wiring: Wired, principal: Machine, limit: Limit = 50, cursor: CursorText = None
) -> OrderChanges:
    binding = ["order-changes", principal.source]
    position = wiring.cursors.read(cursor, binding)
    after = (position[0], position[1]) if position else None
    documents, last = await wiring.orders.changed(principal, after, limit)
    next_cursor = None if last is None else wiring.cursors.write(list(last), binding)
    return OrderChanges(items=documents, next_cursor=next_cursor, more=len(documents) == limit)
