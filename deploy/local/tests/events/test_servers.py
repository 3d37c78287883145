"""Native servers: start, keep data, refuse with a sentence."""

import re
import socket
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from local_stack import provision
from local_stack.ports import free_port, require_free
from local_stack.problems import PortTakenError, ServerMissingError
from local_stack.servers import postgres
from local_stack.servers.kafka import KafkaServer, fetch_jars, find_java
from local_stack.servers.postgres import PostgresServer
from local_stack.stack import Stack
from local_stack.state import REPOSITORY, Credentials
from local_stack.topology import BY_NAME, Service
from testkit.servers import Servers

RECIPE: Final = REPOSITORY / "deploy/kafka"


@pytest.fixture
def native() -> None:
    """For tests of native servers: a machine that has containers instead has nothing to test here."""
    try:
        postgres.find_programs()
        find_java()
        fetch_jars(RECIPE)
    except ServerMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the user PostgreSQL runs as may enter, which pytest's own is not."""
    with tempfile.TemporaryDirectory(prefix="kontor-servers-") as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


@pytest.mark.usefixtures("native")
async def test_postgres_keeps_its_data_over_a_restart_and_lets_nobody_in_without_password(
    folder: Path,
) -> None:
    server = PostgresServer(folder / "postgres", free_port(), "right", folder / "log", durable=False)
    server.start()
    connection = await asyncpg.connect(server.url)
    await connection.execute("CREATE TABLE kept (id int)")
    assert "C.UTF-8" == await connection.fetchval(
        "SELECT datcollate FROM pg_database WHERE datname='postgres'"
    )
    await connection.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.url.replace("right", "wrong"))
    server.stop()
    server.start()
    connection = await asyncpg.connect(server.url)
    assert 0 == await connection.fetchval("SELECT count(*) FROM kept")
    await connection.close()
    server.stop()
    assert server.child is not None
    assert not server.child.alive


@pytest.mark.usefixtures("native")
def test_an_interrupted_creation_is_begun_again(folder: Path) -> None:
    (folder / "postgres/data").mkdir(parents=True)
    (folder / "postgres/data/half").touch()
    server = PostgresServer(folder / "postgres", free_port(), "x", folder / "log", durable=False)
    server.start()
    server.stop()


@pytest.mark.usefixtures("native")
def test_kafka_starts_under_an_id_that_looks_like_an_option(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(bytes=b"\xf8" + bytes(15)))
    kafka = KafkaServer(folder / "kafka", free_port(), free_port(), RECIPE, folder / "kafka.log")
    kafka.start()
    kafka.stop()
    assert "cluster.id=-A" in (folder / "kafka/data/meta.properties").read_text()


def test_a_taken_port_is_named_in_a_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"Port {port}, wanted by Kafka, is already in use"):
            require_free(port, "Kafka")


def test_missing_programs_are_named_with_their_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv("KONTOR_PG_BIN", raising=False)
    monkeypatch.setattr(postgres, "_DEBIAN_HOME", tmp_path)
    with pytest.raises(ServerMissingError, match="apt-get install postgresql"):
        postgres.find_programs()
    with pytest.raises(ServerMissingError, match=re.escape("Java 17 or newer")):
        find_java()


async def test_a_service_gets_a_database_that_other_roles_may_not_enter(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = (Service(f"shop_{n}", 1, 2) for n in "ab")
    monkeypatch.setattr(Stack, "services", property(lambda _stack: (mine, other)))
    stack = Stack(tmp_path, Credentials(tmp_path / "c.json"), servers.postgres_url(), "")
    await provision.create_databases(stack)
    await provision.create_databases(stack)
    connection = await asyncpg.connect(stack.database_url(mine))
    await connection.execute("CREATE TABLE mine (id int)")
    await connection.close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(stack.database_url(mine).removesuffix("shop_a") + "shop_b")
    admin = await asyncpg.connect(servers.postgres_url())
    for name in ("shop_a", "shop_b"):
        await admin.execute(f"DROP DATABASE {name}")
        await admin.execute(f"DROP ROLE {name}")
    await admin.close()


def test_a_service_is_told_its_neighbours_and_no_other_process_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KONTOR_PORT", "1")
    monkeypatch.setenv("KONTOR_LOG_LEVEL", "DEBUG")
    stack = Stack(
        tmp_path, Credentials(tmp_path / "c.json"), "postgresql://k:p@127.0.0.1:25432/postgres", "b:1"
    )
    environment = stack.environment(BY_NAME["catalog"])
    assert "8102" == environment["KONTOR_PORT"]
    assert "DEBUG" == environment["KONTOR_LOG_LEVEL"]
    assert "http://127.0.0.1:8103" == environment["KONTOR_PRICING_URL"]
    assert "KONTOR_ORDER_EXPORT_URL" not in environment
    assert environment["KONTOR_DATABASE_URL"].endswith("@127.0.0.1:25432/catalog")
