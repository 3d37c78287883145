"""A running system as its parts see it: addresses, and the environment each process gets."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from local_stack.child import Child
from local_stack.ports import LOOPBACK
from local_stack.state import REPOSITORY, Credentials
from local_stack.topology import BY_NAME, SMTP_PORT, Service, url_variable


@dataclass(frozen=True, slots=True)
class Stack:
    """Where everything is. `postgres_url` is a superuser's; a test gives services ports of its own."""

    folder: Path
    credentials: Credentials
    postgres_url: str
    kafka_bootstrap: str
    by_name: Mapping[str, Service] = field(default_factory=lambda: BY_NAME)
    smtp_port: int = SMTP_PORT

    @property
    def services(self) -> tuple[Service, ...]:
        """The services that are installed, those that others ask first."""
        return tuple(service for service in self.by_name.values() if service.written)

    @property
    def complete(self) -> bool:
        """Whether every service is there."""
        return len(self.services) == len(self.by_name)

    def database_url(self, service: Service) -> str:
        """The service's own database under its own role."""
        server = urlsplit(self.postgres_url)
        password = self.credentials.get(f"database {service.name}")
        return (
            f"postgresql://{service.name}:{password}@{server.hostname}:{server.port or 5432}/{service.name}"
        )

    def environment(self, service: Service) -> dict[str, str]:
        """What a process of the service finds in its environment; the user's own KONTOR_* settings win."""
        settings = {
            "KONTOR_HOST": LOOPBACK,
            "KONTOR_PORT": str(service.port),
            "KONTOR_LOG_FORMAT": "json",
            "KONTOR_KAFKA_BOOTSTRAP": self.kafka_bootstrap,
            "KONTOR_CURSOR_SECRET": self.credentials.get("cursors"),
            "KONTOR_CONTRACTS_DIR": str(REPOSITORY / "contracts"),
            **{url_variable(name): self.by_name[name].url for name in service.upstreams},
            **{name: self.credentials.get(f"{service.name} {name}") for name in service.secrets},
        }
        if service.worker_port is not None:
            settings["KONTOR_DATABASE_URL"] = self.database_url(service)
            settings["KONTOR_WORKER_PORT"] = str(service.worker_port)
        if service.sends_mail:
            settings |= {"KONTOR_SMTP_HOST": LOOPBACK, "KONTOR_SMTP_PORT": str(self.smtp_port)}
        kept = {name: value for name, value in os.environ.items() if name not in _DECIDED_HERE}
        return settings | {"PYTHONUNBUFFERED": "1"} | kept

    def child(self, service: Service, command: str) -> Child:
        """A process of a service, not started yet; its log is one file per process."""
        name = f"{service.name}-{command}"
        argv = [sys.executable, "-m", service.name, command]
        log = self.folder / "logs" / f"{name}.log"
        return Child(name, argv, log, self.environment(service), cwd=REPOSITORY)


# These differ from process to process, so one value from the user's shell cannot be right for all.
_DECIDED_HERE = {"KONTOR_PORT", "KONTOR_WORKER_PORT", "KONTOR_DATABASE_URL"}
