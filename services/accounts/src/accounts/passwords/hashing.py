"""Hashing and checking passwords in a small thread pool with a bounded queue."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from accounts.errors import LoginBusy

Result = TypeVar("Result")
MIN_PASSWORD_LENGTH: Final = 12
# Nobody's password; it costs as much to check as one that the hasher makes (a test compares the parameters).
DECOY: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$a29udG9yLWRlY295LXNhbA$a29udG9yLWRlY295LWRpZ2VzdC1vZi0zMi1ieXRlcyE"
)


class PasswordHashing:
    """argon2id (RFC 9106). A hash costs tens of milliseconds of a core, so none runs on the event loop.

    Beyond `queue` waiting ones a call raises LoginBusy before it hashes anything.
    """

    def __init__(self, threads: int, queue: int) -> None:
        self._hasher = PasswordHash((Argon2Hasher(),))
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._limit = threads + queue
        self._under_way = 0

    async def hash(self, password: str) -> str:
        """The encoded hash of a password."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password: str, encoded: str | None) -> bool:
        """Whether the password is right. Without a hash it takes as long, and is wrong."""
        if encoded is None:
            await self._run(lambda: self._matches(password, DECOY))
            return False
        return await self._run(lambda: self._matches(password, encoded))

    def _matches(self, password: str, encoded: str) -> bool:
        try:
            return self._hasher.verify(password, encoded)
        except UnknownHashError:
            return False

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._under_way >= self._limit:
            raise LoginBusy(retry_after=2)
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._under_way -= 1

    async def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)
