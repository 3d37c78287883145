"""Accounts over HTTP: for staff, and for the order service."""

from typing import Annotated

from fastapi import Depends, Query, Response

from accounts.customer_accounts.schemas import AccountDetail, AccountOut, AccountPatch, OrderingContext
from accounts.errors import AccountNotFound, CatalogueNotFound
from accounts.wiring import Wired
from chassis.etag import if_match, set_etag
from chassis.pages import CursorInvalid, Page, Paged
from chassis.principal import Caller, Principal
from chassis.routing import problems, router
from chassis.security import admin, internal
from chassis.values import ExternalKey, Identifier, SearchText

routes = router("accounts")
Reading = Annotated[Principal, Depends(admin("accounts:read"))]
Writing = Annotated[Principal, Depends(admin("accounts:write"))]
Ordering = Annotated[Principal, Depends(internal(Caller.USER))]


@routes.get(
    "/admin/v1/accounts",
    operation_id="list_accounts",
    summary="Customer accounts",
    responses=problems(CursorInvalid),
)
async def list_accounts(
    wiring: Wired,
    _: Reading,
    paging: Paged,
    q: Annotated[SearchText | None, Query(description="Part of the name or number.")] = None,
    external_id: Annotated[ExternalKey | None, Query(description="The ERP's key, exactly.")] = None,
) -> Page[AccountOut]:
    after = paging.after("accounts", q, external_id)
    found = await wiring.accounts.page(q, external_id, after[0] if after else None, paging.limit)
    return paging.page(found, AccountOut.of, lambda account: [account.id])


@routes.get(
    "/admin/v1/accounts/{account_id}",
    operation_id="get_account",
    summary="One customer account with its addresses",
    responses=problems(AccountNotFound),
)
async def get_account(wiring: Wired, _: Reading, account_id: Identifier, response: Response) -> AccountDetail:
    found = await wiring.accounts.get(account_id)
    set_etag(response, found.account.version)
    return AccountDetail.with_addresses(found)


@routes.patch(
    "/admin/v1/accounts/{account_id}",
    operation_id="change_account",
    summary="Block an account, or give it a catalogue",
    responses=problems(AccountNotFound, CatalogueNotFound),
)
async def change_account(
    wiring: Wired,
    principal: Writing,
    account_id: Identifier,
    body: AccountPatch,
    version: Annotated[int, Depends(if_match)],
    response: Response,
) -> AccountDetail:
    found = await wiring.accounts.change(principal, account_id, body.change(), version)
    set_etag(response, found.account.version)
    return AccountDetail.with_addresses(found)


@routes.get(
    "/internal/v1/accounts/{account_id}/ordering",
    operation_id="get_ordering_context",
    summary="What placing an order needs to know of the caller's account",
    responses=problems(AccountNotFound),
)
async def get_ordering_context(wiring: Wired, principal: Ordering, account_id: Identifier) -> OrderingContext:
    if account_id != principal.account_id:
        raise AccountNotFound
    return OrderingContext.of(await wiring.accounts.get(account_id))
