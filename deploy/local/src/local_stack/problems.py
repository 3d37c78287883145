"""Everything that can stand in the way of a local system, each said in one sentence a person can act on."""

from pathlib import Path


class StackError(Exception):
    """A reason why the system cannot start or go on; `str()` of it is meant for a person's eyes."""


class ServerMissingError(StackError):
    """A program the servers need is not installed."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what} was not found. {remedy}")


class PortTakenError(StackError):
    """Another process listens on a port of ours."""

    def __init__(self, port: int, wanted_by: str) -> None:
        super().__init__(
            f"Port {port}, wanted by {wanted_by}, is already in use on this machine. "
            "Stop the program that listens on it and try again."
        )
        self.port = port


class DiskFullError(StackError):
    """There is no room for the data of a server."""

    def __init__(self, folder: Path, free_mib: int | None = None) -> None:
        left = f"only {free_mib} MiB are free" if free_mib is not None else "no space is left"
        super().__init__(f"The disk that holds {folder} is full: {left}. Free at least 1 GiB and try again.")


class ServerFailedError(StackError):
    """A server or service did not start, or died."""

    def __init__(self, name: str, what_happened: str, log_tail: str = "") -> None:
        last_words = f" Its last words:\n{log_tail}" if log_tail else ""
        super().__init__(f"{name} {what_happened}.{last_words}")
        self.name = name


class UserMissingError(StackError):
    """PostgreSQL refuses root and the user it should run as does not exist."""

    def __init__(self, user: str) -> None:
        super().__init__(
            f"PostgreSQL refuses to run as root and there is no user {user!r}. "
            "Set KONTOR_PG_USER to a user it may run as."
        )
