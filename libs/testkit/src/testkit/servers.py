"""Where tests find PostgreSQL and Kafka: addresses given, else native servers, else containers."""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import docker
from docker.errors import DockerException

from local_stack.ports import free_port
from local_stack.problems import ServerMissingError, UserMissingError
from local_stack.servers.kafka import KafkaServer, fetch_jars, find_java
from local_stack.servers.postgres import PostgresServer
from testkit.containers import KafkaInContainer, postgres_container

POSTGRES_VARIABLE = "KONTOR_TEST_POSTGRES_URL"
KAFKA_VARIABLE = "KONTOR_TEST_KAFKA_BOOTSTRAP"


class NoServerError(Exception):
    """There is no way to a server that a test needs; says what to install."""

    def __init__(self, name: str, variable: str | None, native: str) -> None:
        given = f"{variable} is not set, " if variable else ""
        super().__init__(
            f"No {name} for the tests: {given}a native server cannot be started ({native}) "
            "and Docker is not available. Run `make test`, which installs what is missing."
        )


class Servers(Protocol):
    """Addresses of running servers; asking for one starts it if need be."""

    def postgres_url(self) -> str:
        """URL of a superuser: postgresql://user:password@host:port/database."""
        ...

    def kafka_bootstrap(self) -> str:
        """host:port"""
        ...


class OwnServers:
    """Starts each server on its first use and stops all of them at the end."""

    def __init__(self, recipe: Path, folder: Path, *, durable: bool = False) -> None:
        self._recipe = recipe
        self._folder = folder
        self._durable = durable
        self._open = ExitStack()
        self._postgres: str | None = None
        self._kafka: str | None = None

    def postgres_url(self) -> str:
        if self._postgres is None:
            self._postgres = os.environ.get(POSTGRES_VARIABLE) or self._own_postgres()
        return self._postgres

    def kafka_bootstrap(self) -> str:
        if self._kafka is None:
            self._kafka = os.environ.get(KAFKA_VARIABLE) or self._own_kafka()
        return self._kafka

    def stop(self) -> None:
        """Stop and forget whatever was started."""
        self._open.close()

    def _own_postgres(self) -> str:
        try:
            return self._native_postgres()
        except (ServerMissingError, UserMissingError) as missing:
            _require_docker("PostgreSQL", POSTGRES_VARIABLE, missing)
        container = self._open.enter_context(postgres_container(durable=self._durable))
        return str(container.get_connection_url())

    def _own_kafka(self) -> str:
        broker = kafka_of_ones_own(self._folder, self._recipe, KAFKA_VARIABLE)
        self._open.callback(broker.stop)
        broker.start()
        return broker.bootstrap

    def _native_postgres(self) -> str:
        log = self._folder / "postgres.log"
        server = PostgresServer(
            self._folder / "postgres", free_port(), "for-tests-only", log, durable=self._durable
        )
        self._open.callback(server.stop)
        server.start()
        return server.url


def kafka_of_ones_own(
    folder: Path, recipe: Path, variable: str | None = None
) -> KafkaServer | KafkaInContainer:
    """A broker, not started yet, that nobody else uses: for a whole platform, whose topics have fixed names.

    Raises NoServerError, which names the variable that would give another.
    """
    try:
        find_java()
        fetch_jars(recipe)
    except ServerMissingError as missing:
        _require_docker("Kafka", variable, missing)
        return KafkaInContainer()
    return KafkaServer(folder / "kafka", free_port(), free_port(), recipe, folder / "kafka.log")


def _require_docker(name: str, variable: str | None, missing: Exception) -> None:
    if not _docker_present():
        raise NoServerError(name, variable, str(missing)) from missing


def _docker_present() -> bool:
    try:
        client = docker.from_env(timeout=5)
    except DockerException:
        return False
    try:
        return bool(client.ping())
    except (DockerException, OSError):
        return False
    finally:
        client.close()
