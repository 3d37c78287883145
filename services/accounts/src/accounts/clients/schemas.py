"""Machine clients on the wire."""

from typing import Annotated

from pydantic import Field

from accounts.clients.models import Client, ClientChange
from accounts.clients.service import NewClient
from chassis.models import Answer, StrictModel
from chassis.values import Line, Slug

Scopes = Annotated[list[Line], Field(max_length=50, description="What the client may do.")]
Sources = Annotated[list[Slug], Field(max_length=20, description="Other sources its references may name.")]


class ClientOut(Answer):
    """A machine client."""

    id: str
    code: str
    name: str
    scopes: list[str]
    source: str
    other_sources: list[str]

    @classmethod
    def of(cls, client: Client) -> "ClientOut":
        """The wire form of a client."""
        return cls(
            id=client.id,
            code=client.code,
            name=client.name,
            scopes=sorted(client.scopes),
            source=client.source,
            other_sources=list(client.other_sources),
        )


class ClientCreated(ClientOut):
    """A client with its secret, which is told this once."""

    secret: str

    @classmethod
    def made(cls, client: Client, secret: str) -> "ClientCreated":
        """The wire form of a client with a new secret."""
        return cls(**ClientOut.of(client).model_dump(), secret=secret)


class ClientCreate(StrictModel):
    """A client to be registered."""

    code: Slug
    name: Line
    scopes: Scopes
    source: Slug
    other_sources: Sources = Field(default_factory=list)

    def wanted(self) -> NewClient:
        """The client asked for."""
        return NewClient(self.code, self.name, frozenset(self.scopes), self.source, tuple(self.other_sources))


class ClientPatch(StrictModel):
    """Fields of a client to be changed; absent ones stay."""

    name: Line | None = None
    scopes: Scopes | None = None
    other_sources: Sources | None = None

    def change(self) -> ClientChange:
        """The change asked for."""
        scopes = None if self.scopes is None else frozenset(self.scopes)
        return ClientChange(
            self.name, scopes, None if self.other_sources is None else tuple(self.other_sources)
        )
