"""A channel: pure."""

from dataclasses import dataclass, replace

from accounts.machine_secrets import matches


@dataclass(frozen=True, slots=True)
class Channel:
    """A registered ordering channel. `origins` may call from a browser. Without a secret it is public."""

    id: str
    version: int
    code: str
    name: str
    origins: tuple[str, ...]
    secret_hash: bytes | None
    deleted: bool = False

    @property
    def confidential(self) -> bool:
        """Whether it must prove itself with a secret."""
        return self.secret_hash is not None

    def admits(self, secret: str | None) -> bool:
        """Whether somebody may log in through it with this secret."""
        return self.secret_hash is None or matches(secret, self.secret_hash)


@dataclass(frozen=True, slots=True)
class ChannelChange:
    """What staff want to change; None leaves a field as it is."""

    name: str | None = None
    origins: tuple[str, ...] | None = None

    def applied_to(self, channel: Channel, version: int) -> Channel:
        """The channel with the change."""
        wanted = {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}
        return replace(channel, version=version, **wanted)
