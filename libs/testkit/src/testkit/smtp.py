"""A mail server that keeps what it is sent, for tests of whoever sends mail."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from local_stack.ports import LOOPBACK, free_port
from local_stack.servers.smtp import Mail, MailCatcher


class Post:
    """The mails that arrived at 127.0.0.1:`port`."""

    host = LOOPBACK

    def __init__(self, catcher: MailCatcher) -> None:
        self.port = catcher.port
        self._box = catcher.box

    def mails(self, recipient: str | None = None) -> list[Mail]:
        """Newest first; all, or those to one recipient."""
        return self._box.mails(recipient)

    def clear(self) -> None:
        """Forget what arrived so far."""
        self._box.clear()

    async def wait_for(self, recipient: str, timeout: float = 10) -> Mail:
        """The newest mail to `recipient`, waiting for it at most `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not (found := self.mails(recipient)):
            if time.monotonic() > deadline:
                raise AssertionError(f"no mail to {recipient} arrived within {timeout:.0f} s")
            await asyncio.sleep(0.02)
        return found[0]


@contextmanager
def running_post() -> Iterator[Post]:
    """A mail catcher on a free port while the context lasts."""
    catcher = MailCatcher(free_port())
    catcher.start()
    try:
        yield Post(catcher)
    finally:
        catcher.stop()
