"""Connectors on the wire. A secret is written and never read."""

from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from chassis.models import Answer, StrictModel
from chassis.values import Flag, Line, NoControl, Secret, Slug
from order_export.connectors.models import Auth, AuthKind, Connector, Protocol, Push

Url = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[^\s/@]+(/\S*)?$"), NoControl]
Pointer = Annotated[str, StringConstraints(max_length=500, pattern=r"^(/[^\s]*)?$"), NoControl]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Seconds = Annotated[int, Field(strict=True, ge=1, le=300)]
Settling = Annotated[int, Field(strict=True, ge=0, le=86_400)]
Lease = Annotated[int, Field(strict=True, ge=10, le=86_400)]
Attempts = Annotated[int, Field(strict=True, ge=1, le=1000)]


class AuthSettings(StrictModel):
    """How a push connector proves who we are. `name`: user, header or client id, as the kind needs."""

    kind: AuthKind = "none"
    name: Line | None = None
    token_url: Url | None = None
    scope: Line | None = None


class PushSettings(StrictModel):
    """How an order is sent."""

    method: Literal["POST", "PUT"] = "POST"
    url: Url
    headers: Annotated[dict[HeaderName, Line], Field(default_factory=dict, max_length=20)]
    auth: AuthSettings = AuthSettings()
    mapping: dict[str, Any] = Field(
        default_factory=dict, description="Template of the body; empty: the order itself."
    )
    number_pointer: Pointer = "/order_number"
    lookup_url: Url | None = None
    lookup_pointer: Pointer | None = None
    timeout_seconds: Seconds = 30
    settle_seconds: Settling = Field(
        60,
        description="How long the ERP may still be at work on an order that it did not answer."
        " It is asked, or sent to again, only after that.",
    )

    def model(self) -> Push:
        """The settings as the domain has them."""
        values = self.model_dump(exclude={"auth"})
        return Push(**values, auth=Auth(**self.auth.model_dump()))


class ConnectorOut(Answer):
    """A connector, without its secret."""

    id: str
    code: str
    name: str
    source: str
    protocol: Protocol
    active: bool
    deduplicates_by_order_number: bool
    looks_up: bool
    guarantee: str
    lease_seconds: int
    max_attempts: int
    push: PushSettings | None
    has_secret: bool

    @classmethod
    def of(cls, connector: Connector) -> "ConnectorOut":
        """The wire form of a connector."""
        return cls(
            id=connector.id,
            code=connector.code,
            name=connector.name,
            source=connector.source,
            protocol=connector.protocol,
            active=connector.active,
            deduplicates_by_order_number=connector.deduplicates_by_order_number,
            looks_up=connector.looks_up,
            guarantee=connector.policy.guarantee,
            lease_seconds=connector.lease_seconds,
            max_attempts=connector.max_attempts,
            push=None if connector.push is None else PushSettings(**asdict(connector.push)),
            has_secret=connector.secret is not None,
        )


class ConnectorCreate(StrictModel):
    """A connector to be made."""

    code: Slug
    name: Line
    source: Line
    protocol: Protocol
    active: Flag = True
    deduplicates_by_order_number: Flag = False
    looks_up: Flag = False
    lease_seconds: Lease = 300
    max_attempts: Attempts = 10
    push: PushSettings | None = None
    secret: Secret | None = None

    def wanted(self) -> Connector:
        """The connector asked for; id, version and the sealed secret are not given yet."""
        values = self.model_dump(exclude={"push", "secret"})
        push = None if self.push is None else self.push.model()
        return Connector(id="", version=0, push=push, secret=None, **values)


class ConnectorPatch(StrictModel):
    """Fields of a connector to be changed; absent ones stay. `push` is replaced as a whole."""

    name: Line | None = None
    active: Flag | None = None
    deduplicates_by_order_number: Flag | None = None
    looks_up: Flag | None = None
    lease_seconds: Lease | None = None
    max_attempts: Attempts | None = None
    push: PushSettings | None = None
    secret: Secret | None = None

    def applied_to(self, connector: Connector) -> Connector:
        """The connector with the change, its secret aside."""
        given = self.model_dump(exclude={"push", "secret"}, exclude_none=True)
        if self.push is not None:
            given["push"] = self.push.model()
        return replace(connector, **given)
