"""Users over HTTP: for staff, and for account admins within their own account."""

from collections import Counter
from typing import Annotated

from fastapi import Depends, Query, Response, status

from accounts.errors import AccountNotFound, ManagedByErp, RoleNotFound, UserExists, UserNotFound
from accounts.users.schemas import (
    Colleague,
    StaffUserInvite,
    UserInvitations,
    UserInvitationsSent,
    UserInvite,
    UserInviteBatch,
    UserInviteResult,
    UserInviteResults,
    UserOut,
    UserPatch,
)
from accounts.wiring import Wired
from chassis.etag import if_match, set_etag
from chassis.pages import CursorInvalid, Page, Paged
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import admin, channel
from chassis.values import Identifier

routes = router("users")
Reading = Annotated[Principal, Depends(admin("accounts:read", "users:write"))]
Writing = Annotated[Principal, Depends(admin("users:write"))]
AccountAdmin = Annotated[Principal, Depends(channel("users:manage"))]
Version = Annotated[int, Depends(if_match)]


@routes.get("/admin/v1/users", operation_id="list_users", summary="Users", responses=problems(CursorInvalid))
async def list_users(
    wiring: Wired,
    _: Reading,
    paging: Paged,
    account_id: Annotated[Identifier | None, Query(description="Only users of this account.")] = None,
) -> Page[UserOut]:
    after = paging.after("users", account_id)
    found = await wiring.users.page(account_id, after[0] if after else None, paging.limit)
    return paging.page(found, UserOut.of, lambda user: [user.id])


@routes.post(
    "/admin/v1/users",
    operation_id="invite_user",
    summary="Make somebody a user of an account",
    status_code=status.HTTP_201_CREATED,
    responses=problems(AccountNotFound, RoleNotFound, UserExists),
)
async def invite_user(
    wiring: Wired, principal: Writing, body: StaffUserInvite, response: Response
) -> UserOut:
    user = await wiring.users.invite(principal, body.for_account(body.account_id))
    set_etag(response, user.version)
    response.headers["Location"] = f"/admin/v1/users/{user.id}"
    return UserOut.of(user)


@routes.post(
    "/admin/v1/users/batch",
    operation_id="invite_users",
    summary="Make up to 1,000 people users, each by itself",
)
async def invite_users(wiring: Wired, principal: Writing, body: UserInviteBatch) -> UserInviteResults:
    wanted = [item.for_account(item.account_id) for item in body.items]
    made = await wiring.users.invite_all(principal, wanted)
    results = [UserInviteResult.of(index, outcome) for index, outcome in enumerate(made)]
    return UserInviteResults(counts=Counter(result.status for result in results), results=results)


@routes.post(
    "/admin/v1/users/send-invitations",
    operation_id="send_invitations",
    summary="Mail a link to users who never logged in, those fed by the ERP too",
)
async def send_invitations(wiring: Wired, principal: Writing, body: UserInvitations) -> UserInvitationsSent:
    return UserInvitationsSent(user_ids=await wiring.users.send_invitations(principal, body.user_ids))


@routes.get(
    "/admin/v1/users/{user_id}", operation_id="get_user", summary="One user", responses=problems(UserNotFound)
)
async def get_user(wiring: Wired, _: Reading, user_id: Identifier, response: Response) -> UserOut:
    user = await wiring.users.get(user_id, None)
    set_etag(response, user.version)
    return UserOut.of(user)


@routes.patch(
    "/admin/v1/users/{user_id}",
    operation_id="change_user",
    summary="Give a user another role or other flags",
    responses=problems(UserNotFound, RoleNotFound, ManagedByErp),
)
async def change_user(
    wiring: Wired,
    principal: Writing,
    user_id: Identifier,
    body: UserPatch,
    version: Version,
    response: Response,
) -> UserOut:
    user = await wiring.users.change(principal, user_id, None, body.change(), version)
    set_etag(response, user.version)
    return UserOut.of(user)


@routes.delete(
    "/admin/v1/users/{user_id}",
    operation_id="remove_user",
    summary="Take a user's membership away",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(UserNotFound, ManagedByErp),
)
async def remove_user(wiring: Wired, principal: Writing, user_id: Identifier, version: Version) -> None:
    await wiring.users.remove(principal, user_id, None, version)


@routes.get(
    "/v1/users",
    operation_id="list_colleagues",
    summary="Users of the caller's account",
    responses=problems(CursorInvalid),
)
async def list_colleagues(wiring: Wired, principal: AccountAdmin, paging: Paged) -> Page[Colleague]:
    after = paging.after("colleagues", principal.account_id)
    found = await wiring.users.page(_own(principal), after[0] if after else None, paging.limit)
    return paging.page(found, Colleague.of, lambda user: [user.id])


@routes.post(
    "/v1/users",
    operation_id="invite_colleague",
    summary="Invite somebody into the caller's account",
    status_code=status.HTTP_201_CREATED,
    responses=problems(AccountNotFound, RoleNotFound, UserExists),
)
async def invite_colleague(
    wiring: Wired, principal: AccountAdmin, body: UserInvite, response: Response
) -> Colleague:
    user = await wiring.users.invite(principal, body.for_account(_own(principal)))
    set_etag(response, user.version)
    response.headers["Location"] = f"/v1/users/{user.id}"
    return Colleague.of(user)


@routes.get(
    "/v1/users/{user_id}",
    operation_id="get_colleague",
    summary="One user of the caller's account",
    responses=problems(UserNotFound),
)
async def get_colleague(
    wiring: Wired, principal: AccountAdmin, user_id: Identifier, response: Response
) -> Colleague:
    user = await wiring.users.get(user_id, _own(principal))
    set_etag(response, user.version)
    return Colleague.of(user)


@routes.patch(
    "/v1/users/{user_id}",
    operation_id="change_colleague",
    summary="Change a user of the caller's account",
    responses=problems(UserNotFound, RoleNotFound, ManagedByErp),
)
async def change_colleague(
    wiring: Wired,
    principal: AccountAdmin,
    user_id: Identifier,
    body: UserPatch,
    version: Version,
    response: Response,
) -> Colleague:
    user = await wiring.users.change(principal, user_id, _own(principal), body.change(), version)
    set_etag(response, user.version)
    return Colleague.of(user)


@routes.delete(
    "/v1/users/{user_id}",
    operation_id="remove_colleague",
    summary="Take a user of the caller's account away",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(UserNotFound, ManagedByErp),
)
async def remove_colleague(
    wiring: Wired, principal: AccountAdmin, user_id: Identifier, version: Version
) -> None:
    await wiring.users.remove(principal, user_id, _own(principal), version)


def _own(principal: Principal) -> str:
    assert principal.account_id is not None, "a user's token names its account"
    return principal.account_id
