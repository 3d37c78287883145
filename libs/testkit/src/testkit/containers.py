"""PostgreSQL and Kafka in containers, told the same as the native ones."""

from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from local_stack.ports import free_port
from local_stack.servers.kafka import broker_settings
from local_stack.servers.postgres import LOCALE, server_settings

_POSTGRES_IMAGE = "postgres:17"
_KAFKA_IMAGE = "apache/kafka:4.1.0"
_POSTGRES_PORT = 5432
_KAFKA_PORT = 9092


def postgres_container(*, durable: bool) -> PostgresContainer:
    """A server not started yet; `get_connection_url()` is its superuser's."""
    told = [word for setting in server_settings(durable=durable) for word in ("-c", setting)]
    return (
        PostgresContainer(_POSTGRES_IMAGE, driver=None)
        .with_env("POSTGRES_INITDB_ARGS", " ".join(LOCALE))
        .with_bind_ports(_POSTGRES_PORT, free_port())
        .with_command(["postgres", *told])
    )


class KafkaInContainer(DockerContainer):
    """One broker that is its own controller.

    testcontainers' own Kafka drives another vendor's image, whose versions and scripts are different.
    """

    def __init__(self) -> None:
        super().__init__(_KAFKA_IMAGE)
        # A broker tells clients where it is: the port outside has to be known before it starts.
        port = free_port()
        self.bootstrap = f"{self.get_docker_client().host()}:{port}"
        self.with_bind_ports(_KAFKA_PORT, port)
        for name, value in {**broker_settings(), **self._listeners()}.items():
            self.with_env(f"KAFKA_{name.upper().replace('.', '_')}", value)
        self.waiting_for(LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(90))

    def _listeners(self) -> dict[str, str]:
        return {
            "controller.quorum.voters": "1@localhost:9093",
            "listeners": f"PLAINTEXT://:{_KAFKA_PORT},CONTROLLER://:9093,INSIDE://:9094",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap},INSIDE://localhost:9094",
            "inter.broker.listener.name": "INSIDE",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,INSIDE:PLAINTEXT",
        }
