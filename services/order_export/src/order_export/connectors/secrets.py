"""Secrets of connectors: encrypted at rest, decrypted only to be used."""

import base64
import hashlib

from cryptography.fernet import Fernet


class SecretBox:
    """Encrypts with a key derived from a setting."""

    def __init__(self, key: str) -> None:
        derived = hashlib.sha256(b"connector secrets\0" + key.encode()).digest()
        self._cipher = Fernet(base64.urlsafe_b64encode(derived))

    def close(self, secret: str) -> bytes:
        """The secret encrypted."""
        return self._cipher.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """The secret again. Raises cryptography.fernet.InvalidToken when the key is another one."""
        return self._cipher.decrypt(sealed).decode()
