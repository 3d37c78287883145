"""A machine client: pure."""

from dataclasses import dataclass, replace

from accounts.permissions import CLIENT_SCOPES
from chassis.principal import Caller, Principal


@dataclass(frozen=True, slots=True)
class Client:
    """A machine that calls by itself. What it feeds belongs to its `source`."""

    id: str
    version: int
    code: str
    name: str
    secret_hash: bytes
    scopes: frozenset[str]
    source: str
    other_sources: tuple[str, ...]
    deleted: bool = False

    def principal(self, scopes: frozenset[str]) -> Principal:
        """The client as the principal of a token with some of its scopes."""
        return Principal(
            caller=Caller.CLIENT,
            subject=self.id,
            permissions=scopes,
            issued_at=0,
            expires_at=0,
            token="",
            client_id=self.code,
            source=self.source,
            other_sources=self.other_sources,
        )


@dataclass(frozen=True, slots=True)
class ClientChange:
    """What staff want to change; None leaves a field as it is."""

    name: str | None = None
    scopes: frozenset[str] | None = None
    other_sources: tuple[str, ...] | None = None

    def applied_to(self, client: Client, version: int) -> Client:
        """The client with the change."""
        wanted = {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}
        return replace(client, version=version, **wanted)


def unknown_scopes(scopes: frozenset[str]) -> list[str]:
    """Those that do not exist, sorted."""
    return sorted(scopes - CLIENT_SCOPES)
