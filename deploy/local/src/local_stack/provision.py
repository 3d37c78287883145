"""What must exist before a service starts: its role and database, the topics, the newest schema."""

import hashlib
import importlib.util
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg

from eventing.kafka import Cluster
from eventing.topics import topic_files
from local_stack.child import run_once
from local_stack.stack import Stack
from local_stack.state import REPOSITORY
from local_stack.topology import Service


async def create_databases(stack: Stack) -> None:
    """A role and a database per service, owned by it and closed to the others; harmless when repeated."""
    connection = await asyncpg.connect(stack.postgres_url)
    try:
        for service in stack.services:
            if service.has_database:
                await _create_database(
                    connection, service.name, stack.credentials.get(f"database {service.name}")
                )
    finally:
        await connection.close()


async def _create_database(connection: asyncpg.Connection, name: str, password: str) -> None:
    # Name and password are our own and hold no quote; utility statements take no parameters.
    known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name)
    verb = "ALTER" if known else "CREATE"
    await connection.execute(f"{verb} ROLE \"{name}\" LOGIN PASSWORD '{password}'")
    if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        await connection.execute(f'CREATE DATABASE "{name}" OWNER "{name}"')
        await connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')


async def create_topics(bootstrap: str) -> int:
    """Create the topics of contracts/events that are not there yet and return how many the contracts name."""
    files = topic_files(REPOSITORY / "contracts")
    cluster = await Cluster.connect(bootstrap)
    try:
        await cluster.create_topics(files)
    finally:
        await cluster.close()
    return len(files)


def migrate(stack: Stack) -> list[str]:
    """Bring every database to its service's newest schema and return the names of those that had to move.

    A service whose code is the same as at its last migration here is left out: that halves a second start.
    """
    due = [service for service in stack.services if service.has_database and not _is_current(stack, service)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda service: _migrate(stack, service), due))
    return [service.name for service in due]


def _migrate(stack: Stack, service: Service) -> None:
    argv = list(stack.child(service, "migrate").argv)
    run_once(f"Migrating {service.name}", argv, env=stack.environment(service))
    _stamp(stack, service).write_text(_fingerprint(service))


def _is_current(stack: Stack, service: Service) -> bool:
    stamp = _stamp(stack, service)
    return stamp.exists() and stamp.read_text() == _fingerprint(service)


def _stamp(stack: Stack, service: Service) -> Path:
    return stack.folder / f"migrated-{service.name}"


def _fingerprint(service: Service) -> str:
    spec = importlib.util.find_spec(service.name)
    digest = hashlib.sha256()
    for place in (spec.submodule_search_locations or []) if spec else []:
        for source in sorted(Path(place).rglob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()
