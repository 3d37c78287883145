"""A connector and what it promises: pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from order_export.exports.models import Policy

Protocol = Literal["pull", "push"]
AuthKind = Literal["none", "basic", "api_key", "oauth2_client_credentials", "signature"]


@dataclass(frozen=True, slots=True)
class Auth:
    """How a push connector proves who we are; the secret itself is kept apart, encrypted.

    `name` is the user (basic), the header (api_key, signature) or the client id (oauth2_client_credentials).
    """

    kind: AuthKind
    name: str | None
    token_url: str | None
    scope: str | None


@dataclass(frozen=True, slots=True)
class Push:
    """How an order is sent: where to, with which body, and where its answer names the ERP's number.

    `lookup_url` holds `{order_number}`; `number_pointer` and `lookup_pointer` are JSON pointers into answers.
    `settle_seconds`: how long the ERP may still be at work on an order that it did not answer.
    """

    method: Literal["POST", "PUT"]
    url: str
    headers: Mapping[str, str]
    auth: Auth
    mapping: Any
    number_pointer: str
    lookup_url: str | None
    lookup_pointer: str | None
    timeout_seconds: int
    settle_seconds: int = 60


@dataclass(frozen=True, slots=True)
class Connector:
    """A configured outside system."""

    id: str
    version: int
    code: str
    name: str
    source: str
    protocol: Protocol
    active: bool
    deduplicates_by_order_number: bool
    looks_up: bool
    lease_seconds: int
    max_attempts: int
    push: Push | None
    secret: bytes | None
    deleted: bool = False

    @property
    def policy(self) -> Policy:
        """What the export state machine needs of it."""
        return Policy(
            pulls=self.protocol == "pull",
            deduplicates=self.deduplicates_by_order_number,
            looks_up=self.looks_up,
            max_attempts=self.max_attempts,
            settle=timedelta(seconds=0 if self.push is None else self.push.settle_seconds),
        )

    def contradictions(self) -> list[tuple[str, str]]:
        """What does not fit together: pointer and message."""
        found = []
        if self.protocol == "push" and self.push is None:
            found.append(("/push", "a push connector needs it"))
        if self.protocol == "pull" and self.push is not None:
            found.append(("/push", "only a push connector has it"))
        if self.push is None:
            return found
        if self.looks_up and (self.push.lookup_url is None or self.push.lookup_pointer is None):
            found.append(("/push/lookup_url", "a connector that looks up needs the address and the pointer"))
        if self.push.lookup_url is not None and "{order_number}" not in self.push.lookup_url:
            found.append(("/push/lookup_url", "it must hold {order_number}"))
        if self.push.auth.kind == "oauth2_client_credentials" and self.push.auth.token_url is None:
            found.append(("/push/auth/token_url", "needed for oauth2_client_credentials"))
        if self.push.auth.kind != "none" and self.secret is None:
            found.append(("/secret", f"needed for {self.push.auth.kind}"))
        if (
            self.push.auth.kind in ("basic", "api_key", "oauth2_client_credentials")
            and self.push.auth.name is None
        ):
            found.append(("/push/auth/name", f"needed for {self.push.auth.kind}"))
        return found


PULL_BY_DEFAULT = Policy(pulls=True, deduplicates=False, looks_up=False, max_attempts=1)
"""The policy of an export nobody serves yet."""
