"""Which TCP ports of the loopback interface are free."""

import random
import socket

from local_stack.problems import PortTakenError, StackError

LOOPBACK = "127.0.0.1"

# Below the range from which the kernel picks ports for outgoing connections, or one of those could be ours.
_LOWEST, _HIGHEST = 20_000, 28_000


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of the loopback interface now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def require_free(port: int, wanted_by: str) -> None:
    """Raise `PortTakenError` unless `port` is free."""
    if not is_free(port):
        raise PortTakenError(port, wanted_by)


def free_port() -> int:
    """A port that is free now; drawn at random so that neighbours asking at once rarely draw the same."""
    for _ in range(200):
        port = random.randrange(_LOWEST, _HIGHEST)  # noqa: S311 - not a secret, only spread out
        if is_free(port):
            return port
    raise StackError(f"No free port was found between {_LOWEST} and {_HIGHEST}.")
