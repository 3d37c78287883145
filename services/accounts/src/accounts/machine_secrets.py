"""Machine secrets: shown once, stored as a hash, compared in constant time."""

import hashlib
import hmac
import secrets


def new_secret() -> str:
    """256 random bits as URL-safe text; too many to guess, so a fast hash is enough to store it."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> bytes:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def matches(secret: str | None, stored: bytes) -> bool:
    """Whether the secret is the stored one."""
    return hmac.compare_digest(secret_hash(secret or ""), stored)
