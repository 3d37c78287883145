"""The system in one table: services, ports, databases, and who asks whom."""

import importlib.util
from dataclasses import dataclass
from typing import Final

from local_stack.ports import LOOPBACK

POSTGRES_PORT: Final = 25432
KAFKA_PORT: Final = 29092
KAFKA_CONTROLLER_PORT: Final = 29093
SMTP_PORT: Final = 28025
MAIL_PAGE_PORT: Final = 28080


@dataclass(frozen=True, slots=True)
class Service:
    """A service as a deployment sees it.

    `worker_port` is None for a service without a worker, `upstreams` are the services whose addresses it
    is told, `secrets` the environment variables that hold a secret of its own.
    """

    name: str
    port: int
    worker_port: int | None
    upstreams: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    sends_mail: bool = False

    @property
    def has_database(self) -> bool:
        """A service that keeps something has a database and a worker that publishes from it."""
        return self.worker_port is not None

    @property
    def url(self) -> str:
        """Where its API answers on this machine."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def commands(self) -> tuple[tuple[str, int], ...]:
        """Its long-running processes: command and port of the health page."""
        worker = () if self.worker_port is None else (("worker", self.worker_port),)
        return (("api", self.port), *worker)

    @property
    def written(self) -> bool:
        """Whether the package is installed."""
        return importlib.util.find_spec(self.name) is not None


SERVICES: Final = (
    Service("accounts", 8101, 8201, secrets=("KONTOR_TOKEN_SECRET",), sends_mail=True),
    Service("pricing", 8103, 8203, ("accounts",)),
    Service("catalog", 8102, 8202, ("accounts", "pricing")),
    Service(
        "order_export",
        8104,
        8204,
        ("accounts", "catalog", "pricing"),
        secrets=("KONTOR_CONNECTOR_KEY",),
    ),
    Service("analytics", 8105, 8205, ("accounts",)),
    Service("gateway", 8080, None, ("accounts", "catalog", "pricing", "order_export", "analytics")),
)
BY_NAME: Final = {service.name: service for service in SERVICES}


def url_variable(service: str) -> str:
    """The setting by which others are told a service's address."""
    return f"KONTOR_{service.upper()}_URL"
