"""What accounts tells other services: users, and revocations while Kafka is away."""

from typing import Annotated

from fastapi import Depends, Query

from accounts.customer_accounts.publishing import outgoing as account_state
from accounts.errors import AccountNotFound, UserNotFound
from accounts.events import AccountState, RoleState, UserState
from accounts.roles.service import outgoing as role_state
from accounts.users.publishing import outgoing as user_state
from accounts.wiring import Wired
from chassis.clock import milliseconds
from chassis.models import Answer
from chassis.principal import Caller, Principal
from chassis.routing import problems, router
from chassis.security import internal
from chassis.values import Identifier
from eventing.outbox import Outgoing

routes = router("internal")
User = Annotated[Principal, Depends(internal(Caller.USER))]


class Versioned(Answer):
    """The public state of an aggregate, exactly as its event tells it, with the version of that event."""

    version: int
    state: AccountState | UserState | RoleState

    @classmethod
    def of(cls, event: Outgoing) -> "Versioned":
        """The wire form of an event not yet heard."""
        assert event.version is not None
        return cls.model_validate({"version": event.version, "state": event.value}, from_attributes=True)


class UserContext(Answer):
    """A user, its account and its role, for who has not heard of the user yet."""

    user: Versioned
    account: Versioned
    role: Versioned


class RevocationOut(Answer):
    """Access tokens of the subject issued before `not_before` (milliseconds) have ended."""

    subject_kind: str
    subject_id: str
    not_before: int


class RevocationList(Answer):
    """Revocations, and the moment (milliseconds) up to which they are complete."""

    items: list[RevocationOut]
    now: int


@routes.get(
    "/internal/v1/users/{user_id}/context",
    operation_id="get_user_context",
    summary="The caller as user, with account and role",
    responses=problems(UserNotFound, AccountNotFound),
)
async def get_user_context(wiring: Wired, principal: User, user_id: Identifier) -> UserContext:
    if user_id != principal.subject:
        raise UserNotFound
    user = await wiring.users.get(user_id, principal.account_id)
    found = await wiring.accounts.get(user.account_id)
    return UserContext(
        user=Versioned.of(user_state(user)),
        account=Versioned.of(account_state(found.account)),
        role=Versioned.of(role_state(user.role)),
    )


@routes.get(
    "/internal/v1/revocations",
    operation_id="list_revocations",
    summary="Revocations since a moment, for a gateway that does not hear them",
)
async def list_revocations(
    wiring: Wired, since: Annotated[int, Query(ge=0, le=2**53, description="Milliseconds.")]
) -> RevocationList:
    now = milliseconds(wiring.clock.now())
    async with wiring.database.read() as reader:
        rows = await wiring.revocations.since(reader, since)
    items = [
        RevocationOut(
            subject_kind=row["subject_kind"], subject_id=row["subject_id"], not_before=row["not_before"]
        )
        for row in rows
    ]
    return RevocationList(items=items, now=now)
