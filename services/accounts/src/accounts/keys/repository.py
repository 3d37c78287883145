"""Signing keys ⇄ PostgreSQL; private parts are encrypted there."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import delete, insert, select, text

from accounts.keys.models import SigningKey
from accounts.tables import signing_key
from chassis.database import Reader, Transaction


class SecretMismatch(Exception):  # noqa: N818 - it names what is wrong
    """The token secret is not the one the signing keys were stored with."""

    def __init__(self) -> None:
        super().__init__(
            "KONTOR_TOKEN_SECRET does not open the signing keys in this database: "
            "start with the secret they were stored with."
        )


class KeyRepository:
    """Stores keys with their private part encrypted by the token secret."""

    def __init__(self, secret: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"keys\0" + secret.encode()).digest()))

    async def all(self, reader: Reader) -> list[SigningKey]:
        """Every key, oldest first. Raises SecretMismatch."""
        rows = await reader.all(select(signing_key).order_by(signing_key.c.signs_from))
        return [
            SigningKey(
                row["id"],
                row["public_key"],
                self._opened(row["private_key"]),
                row["signs_from"],
                row["signs_until"],
            )
            for row in rows
        ]

    def _opened(self, private_key: bytes) -> bytes:
        try:
            return self._fernet.decrypt(private_key)
        except InvalidToken as error:
            raise SecretMismatch from error

    async def lock(self, tx: Transaction) -> None:
        """Only one process makes a key at a time."""
        await tx.execute(text("LOCK TABLE signing_key IN SHARE ROW EXCLUSIVE MODE"))

    async def add(self, tx: Transaction, key: SigningKey) -> None:
        """Stores a new key."""
        await tx.execute(
            insert(signing_key).values(
                id=key.id,
                public_key=key.public_key,
                private_key=self._fernet.encrypt(key.private_key),
                signs_from=key.signs_from,
                signs_until=key.signs_until,
            )
        )

    async def remove(self, tx: Transaction, key_ids: list[str]) -> None:
        """Forgets keys whose tokens have all ended."""
        await tx.execute(delete(signing_key).where(signing_key.c.id.in_(key_ids)))
