"""The key ring: which key signs now, which are published, and their rotation."""

import time
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from joserfc.jwk import OKPKey

from accounts.keys.models import KeyPolicy, SigningKey
from accounts.keys.repository import KeyRepository
from chassis.clock import Clock
from chassis.database import Database
from chassis.ids import new_id
from chassis.tokens import MAX_LIFETIME_SECONDS

_LONGEST_TOKEN: Final = timedelta(seconds=MAX_LIFETIME_SECONDS + 60)
_KEPT_SECONDS: Final = 30.0


class KeyRing:
    """Keys of this installation, read from the database every 30 seconds; also this service's `KeySource`."""

    def __init__(self, database: Database, keys: KeyRepository, policy: KeyPolicy, clock: Clock) -> None:
        self._database = database
        self._repository = keys
        self._policy = policy
        self._clock = clock
        self._known: list[SigningKey] = []
        self._read_at = float("-inf")

    async def keys(self, *, missing: str | None = None) -> dict[str, OKPKey]:
        """Public keys by id."""
        if missing is not None:
            self._read_at = min(self._read_at, time.monotonic() - _KEPT_SECONDS)
        return {key.id: OKPKey.import_key(dict(key.public_key)) for key in await self._published()}

    async def published(self) -> list[dict[str, Any]]:
        """The JSON Web Key Set's keys (RFC 7517)."""
        return [
            {**key.public_key, "kid": key.id, "use": "sig", "alg": "Ed25519"}
            for key in await self._published()
        ]

    async def signing(self) -> tuple[str, OKPKey]:
        """Id and private key that sign now; makes the first one if there is none."""
        await self._published()
        current = self._signing_at(self._clock.now())
        if current is None:
            await self.rotate()
            current = self._signing_at(self._clock.now())
        assert current is not None, "rotation leaves a key that signs now"
        return current.id, OKPKey.import_key(orjson.loads(current.private_key))

    async def rotate(self) -> None:
        """Makes the next key when it is time, and forgets keys whose tokens have all ended."""
        async with self._database.transaction() as tx:
            await self._repository.lock(tx)
            known = await self._repository.all(tx)
            now = self._clock.now()
            gone = [key.id for key in known if not key.verifies_at(now, _LONGEST_TOKEN)]
            if gone:
                await self._repository.remove(tx, gone)
            start = self._policy.next_start(known, now)
            if start is not None:
                await self._repository.add(tx, _generated(start, self._policy.lifetime))
        self._read_at = float("-inf")
        await self._published()

    def _signing_at(self, now: datetime) -> SigningKey | None:
        return next((key for key in self._known if key.signs_at(now)), None)

    async def _published(self) -> list[SigningKey]:
        if time.monotonic() - self._read_at >= _KEPT_SECONDS:
            async with self._database.read() as reader:
                self._known = await self._repository.all(reader)
            self._read_at = time.monotonic()
        now = self._clock.now()
        return [key for key in self._known if key.verifies_at(now, _LONGEST_TOKEN)]


def _generated(start: datetime, lifetime: timedelta) -> SigningKey:
    pair = OKPKey.generate_key("Ed25519", private=True)
    return SigningKey(
        id=new_id(),
        public_key=dict(pair.as_dict(private=False)),
        private_key=orjson.dumps(pair.as_dict(private=True)),
        signs_from=start,
        signs_until=start + lifetime,
    )
