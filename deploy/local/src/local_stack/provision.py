"""What must exist before a service starts: its role and database, the topics, the newest schema."""

import asyncio
import hashlib
import importlib.util
import os
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

    A database keeps the fingerprint of the code that migrated it last, as its comment. Whoever has the
    fingerprint of today is left out: that halves a second start.
    """
    marks = asyncio.run(_marks(stack))
    prints = {service.name: _fingerprint(service) for service in stack.services if service.has_database}
    due = [service for service in stack.services if prints.get(service.name) != marks.get(service.name)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda service: _migrate(stack, service), due))
    asyncio.run(_mark(stack, {service.name: prints[service.name] for service in due}))
    return [service.name for service in due]


def _migrate(stack: Stack, service: Service) -> None:
    argv = list(stack.child(service, "migrate").argv)
    run_once(f"Migrating {service.name}", argv, env=stack.environment(service))


async def _marks(stack: Stack) -> dict[str, str]:
    connection = await asyncpg.connect(stack.postgres_url)
    try:
        rows = await connection.fetch(
            "SELECT datname, shobj_description(oid, 'pg_database') AS mark FROM pg_database"
        )
        return {row["datname"]: row["mark"] for row in rows}
    finally:
        await connection.close()


async def _mark(stack: Stack, fingerprints: dict[str, str]) -> None:
    connection = await asyncpg.connect(stack.postgres_url)
    try:
        for name, fingerprint in fingerprints.items():
            await connection.execute(f"COMMENT ON DATABASE \"{name}\" IS '{fingerprint}'")
    finally:
        await connection.close()


def _fingerprint(service: Service) -> str:
    spec = importlib.util.find_spec(service.name)
    digest = hashlib.sha256()
    for place in (spec.submodule_search_locations or []) if spec else []:
        for source in sorted(Path(place).rglob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()
