"""Identifiers: UUIDv7 text, sortable by time of birth."""

import uuid

import uuid_utils


def new_id() -> str:
    """A fresh UUIDv7 (RFC 9562) as lower-case text of 36 characters."""
    return str(uuid_utils.uuid7())


def derived_id(namespace: uuid.UUID, *parts: str) -> str:
    """The UUIDv5 of the parts: the same parts always give the same id.

    Parts are length-prefixed, so that ("ab", "c") and ("a", "bc") differ.
    """
    name = "".join(f"{len(part)}:{part}" for part in parts)
    return str(uuid.uuid5(namespace, name))
