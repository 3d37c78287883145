"""Carts over HTTP, for users."""

from typing import Annotated

from fastapi import Depends, Response, status

from chassis.pages import CursorInvalid, Page, Paged
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import channel
from chassis.upstream import UpstreamDown
from chassis.values import Identifier
from order_export.carts.schemas import CartOut, CartSummary, CartWrite, LinesBatch
from order_export.errors import CartChanged, CartLineUnknown, CartNotFound, CartTooLarge, ProductUnavailable
from order_export.wiring import Wired

routes = router("carts")
Writing = Annotated[Principal, Depends(channel("carts:write"))]


@routes.get(
    "/v1/carts", operation_id="list_carts", summary="Carts, newest first", responses=problems(CursorInvalid)
)
async def list_carts(wiring: Wired, principal: Writing, paging: Paged) -> Page[CartSummary]:
    before = paging.after("carts", principal.account_id, principal.subject)
    found = await wiring.carts.page(principal, before[0] if before else None, paging.limit)
    return paging.page(found, CartSummary.of, lambda entry: [entry[0].id])


@routes.post(
    "/v1/carts",
    operation_id="create_cart",
    summary="Make a cart",
    status_code=status.HTTP_201_CREATED,
    responses=problems(UpstreamDown),
)
async def create_cart(wiring: Wired, principal: Writing, body: CartWrite, response: Response) -> CartOut:
    priced = await wiring.carts.create(principal, body.given())
    response.headers["Location"] = f"/v1/carts/{priced.cart.id}"
    return CartOut.of(priced)


@routes.get(
    "/v1/carts/{cart_id}",
    operation_id="get_cart",
    summary="One cart, priced now",
    responses=problems(CartNotFound, UpstreamDown),
)
async def get_cart(wiring: Wired, principal: Writing, cart_id: Identifier) -> CartOut:
    return CartOut.of(await wiring.carts.get(principal, cart_id))


@routes.patch(
    "/v1/carts/{cart_id}",
    operation_id="change_cart",
    summary="Change a cart's particulars",
    responses=problems(CartNotFound, UpstreamDown),
)
async def change_cart(wiring: Wired, principal: Writing, cart_id: Identifier, body: CartWrite) -> CartOut:
    return CartOut.of(await wiring.carts.change(principal, cart_id, body.given()))


@routes.delete(
    "/v1/carts/{cart_id}",
    operation_id="remove_cart",
    summary="Remove a cart",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(CartNotFound),
)
async def remove_cart(wiring: Wired, principal: Writing, cart_id: Identifier) -> None:
    await wiring.carts.remove(principal, cart_id)


@routes.post(
    "/v1/carts/{cart_id}/lines/batch",
    operation_id="change_cart_lines",
    summary="Add, change and remove lines, all or none",
    responses=problems(
        CartNotFound, CartChanged, CartTooLarge, CartLineUnknown, ProductUnavailable, UpstreamDown
    ),
)
async def change_cart_lines(
    wiring: Wired, principal: Writing, cart_id: Identifier, body: LinesBatch
) -> CartOut:
    changes = [line.change() for line in body.lines]
    return CartOut.of(await wiring.carts.change_lines(principal, cart_id, changes, body.version))
