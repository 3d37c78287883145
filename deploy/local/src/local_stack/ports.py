"""Which TCP ports of the loopback interface are free."""

import os
import random
import socket
from collections import deque

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


_promises: deque[int] = deque()
_MOST = 200


def free_port() -> int:
    """A port that is free now and promised to nobody else, by this process or another.

    Between the promise and a server that listens lie seconds: drawn twice, the second could not start.
    """
    for _ in range(200):
        port = random.randrange(_LOWEST, _HIGHEST)  # noqa: S311 - not a secret, only spread out
        if is_free(port) and _promise(port):
            return port
    raise StackError(f"No free port was found between {_LOWEST} and {_HIGHEST}.")


def _promise(port: int) -> bool:
    """Takes the UDP port of the same number, which none of our servers uses, so that the next one fails."""
    claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        claim.bind((LOOPBACK, port))
    except OSError:
        claim.close()
        return False
    # It ends with this process, however that ends; long before, whoever asked first listens.
    _promises.append(claim.detach())
    if len(_promises) > _MOST:
        os.close(_promises.popleft())
    return True
