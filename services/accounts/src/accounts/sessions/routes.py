"""Logging in and out over HTTP, for users and for staff."""

from typing import Annotated

from fastapi import Depends, status

from accounts.errors import (
    AccountNotFound,
    LoginBusy,
    LoginFailed,
    NoAccount,
    PasswordTooWeak,
    SessionEnded,
    TokenNotUsable,
    UnknownChannel,
    UserNotFound,
)
from accounts.sessions.schemas import (
    LoginRequest,
    LogoutRequest,
    Me,
    PasswordResetRequest,
    PasswordSetRequest,
    RefreshRequest,
    StaffLoginRequest,
    StaffRefreshRequest,
    SwitchAccountRequest,
    TokenAnswer,
)
from accounts.wiring import Wired
from chassis.principal import Caller, Principal
from chassis.routing import problems, router
from chassis.security import admin, channel

routes = router("sessions", keeps_answers=False)
User = Annotated[Principal, Depends(channel())]
Staff = Annotated[Principal, Depends(admin())]


@routes.post(
    "/v1/login",
    operation_id="log_in",
    summary="Log in through a registered channel",
    responses=problems(UnknownChannel, LoginFailed, NoAccount, LoginBusy),
)
async def log_in(wiring: Wired, body: LoginRequest) -> TokenAnswer:
    return TokenAnswer.of(await wiring.sessions.log_in(body.credentials()))


@routes.post(
    "/v1/login/refresh",
    operation_id="refresh_login",
    summary="Exchange a refresh token",
    responses=problems(SessionEnded, UnknownChannel),
)
async def refresh_login(wiring: Wired, body: RefreshRequest) -> TokenAnswer:
    return TokenAnswer.of(await wiring.sessions.refresh(body.refresh_token, Caller.USER, body.channel_secret))


@routes.post(
    "/v1/login/switch-account",
    operation_id="switch_account",
    summary="Go on for another account of the same login",
    responses=problems(NoAccount),
)
async def switch_account(wiring: Wired, principal: User, body: SwitchAccountRequest) -> TokenAnswer:
    return TokenAnswer.of(await wiring.sessions.switch_account(principal, body.account_id))


@routes.post("/v1/logout", operation_id="log_out", summary="Log out", status_code=status.HTTP_204_NO_CONTENT)
async def log_out(wiring: Wired, principal: User, body: LogoutRequest) -> None:
    await wiring.sessions.log_out(principal, body.refresh_token)


@routes.post(
    "/v1/password-resets",
    operation_id="ask_for_password_reset",
    summary="Ask for a mail with a link; the answer is the same for every address",
    status_code=status.HTTP_202_ACCEPTED,
)
async def ask_for_password_reset(wiring: Wired, body: PasswordResetRequest) -> None:
    await wiring.invitations.ask_for_reset(body.email)


@routes.post(
    "/v1/password-resets/complete",
    operation_id="complete_password_reset",
    summary="Set a new password with a mailed link",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(TokenNotUsable, PasswordTooWeak, LoginBusy),
)
async def complete_password_reset(wiring: Wired, body: PasswordSetRequest) -> None:
    await wiring.invitations.set_password(body.token, body.password, body.name, "reset")


@routes.post(
    "/v1/invitations/accept",
    operation_id="accept_invitation",
    summary="Choose a password with a mailed invitation",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(TokenNotUsable, PasswordTooWeak, LoginBusy),
)
async def accept_invitation(wiring: Wired, body: PasswordSetRequest) -> None:
    await wiring.invitations.set_password(body.token, body.password, body.name, "invitation")


@routes.get(
    "/v1/me",
    operation_id="get_me",
    summary="Who is logged in",
    responses=problems(UserNotFound, AccountNotFound),
)
async def get_me(wiring: Wired, principal: User) -> Me:
    user = await wiring.users.get(principal.subject, principal.account_id)
    found = await wiring.accounts.get(user.account_id)
    return Me.of(user, found, await wiring.sessions.accounts_of(principal), wiring.locales)


@routes.post(
    "/admin/v1/login",
    operation_id="log_in_staff",
    summary="Log in as staff",
    responses=problems(LoginFailed, LoginBusy),
)
async def log_in_staff(wiring: Wired, body: StaffLoginRequest) -> TokenAnswer:
    return TokenAnswer.of(await wiring.sessions.log_in_staff(body.credentials()))


@routes.post(
    "/admin/v1/login/refresh",
    operation_id="refresh_staff_login",
    summary="Exchange a refresh token",
    responses=problems(SessionEnded),
)
async def refresh_staff_login(wiring: Wired, body: StaffRefreshRequest) -> TokenAnswer:
    return TokenAnswer.of(await wiring.sessions.refresh(body.refresh_token, Caller.STAFF))


@routes.post(
    "/admin/v1/logout",
    operation_id="log_out_staff",
    summary="Log out",
    status_code=status.HTTP_204_NO_CONTENT,
)
async def log_out_staff(wiring: Wired, principal: Staff, body: LogoutRequest) -> None:
    await wiring.sessions.log_out(principal, body.refresh_token)
