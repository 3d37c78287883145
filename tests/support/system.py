"""The whole platform as real processes, on servers and ports of a test run."""

import asyncio
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from local_stack import provision
from local_stack.child import Child, run_once
from local_stack.client import Caller, Platform
from local_stack.erp import Erp
from local_stack.ports import LOOPBACK, free_port
from local_stack.processes import Processes
from local_stack.quickstart import Quickstart
from local_stack.servers.kafka import KafkaServer
from local_stack.servers.smtp import MailCatcher
from local_stack.stack import Stack
from local_stack.state import REPOSITORY, Credentials
from local_stack.story import Access, Story
from local_stack.topology import BY_NAME, Service

ADMINISTRATOR = "administrator@example.com"
# One run of tests is one address, and calls faster than any customer: limits have tests of their own.
_NO_LIMITS: Final = {
    f"KONTOR_{caller}_{figure}": "100000"
    for caller in ("USER", "CLIENT", "ADDRESS", "LOGIN")
    for figure in ("RATE", "BURST")
}


@dataclass
class System:
    """The running platform. `story` knows how the demonstration sets it up; `access` holds its log-ins."""

    stack: Stack
    platform: Platform
    processes: Processes
    access: Access
    story: Story
    mails_url: str
    children: dict[str, Child] = field(default_factory=dict)

    @property
    def gateway(self) -> str:
        """The address of the only door."""
        return self.stack.by_name["gateway"].url

    async def staff(self) -> Caller:
        """The administrator, logged in."""
        return await self.platform.staff(self.access.administrator, self.access.administrator_password)

    async def erp(self) -> Erp:
        """The ERP that `connected` registered, with a fresh token."""
        return Erp(await self.platform.machine(self.access.client, self.access.client_secret))

    def start(self, service: Service) -> None:
        """Starts a service's processes and waits until they are ready."""
        pairs = [(self._child(service, command), port) for command, port in service.commands]
        self.processes.start([child for child, _ in pairs])
        for child, _ in pairs:
            self.children[child.name] = child
        list(self.processes.wait_ready(pairs))

    @asynccontextmanager
    async def without(self, *names: str) -> AsyncIterator[None]:
        """Kills processes such as `pricing-api`; afterwards all are started again, and ready."""
        for name in names:
            await asyncio.to_thread(self.children[name].kill)
        try:
            yield
        finally:
            for name in names:
                self.children[name].start()
            await asyncio.to_thread(self._wait_ready, names)

    @asynccontextmanager
    async def hanging(self, name: str) -> AsyncIterator[None]:
        """Stops a process in its tracks: it accepts and never answers; afterwards it goes on."""
        self.children[name].send(signal.SIGSTOP)
        try:
            yield
        finally:
            self.children[name].send(signal.SIGCONT)
            await asyncio.to_thread(self._wait_ready, [name])

    def _wait_ready(self, names: Iterable[str]) -> None:
        ports = {
            f"{service.name}-{command}": port
            for service in self.stack.services
            for command, port in service.commands
        }
        list(self.processes.wait_ready([(self.children[name], ports[name]) for name in names]))

    def _child(self, service: Service, command: str) -> Child:
        child = self.stack.child(service, command)
        return replace(child, env={**child.env, **_NO_LIMITS})


def _moved(service: Service) -> Service:
    worker_port = None if service.worker_port is None else free_port()
    return replace(service, port=free_port(), worker_port=worker_port)


@asynccontextmanager
async def running(folder: Path, postgres_url: str) -> AsyncIterator[System]:
    """Starts a Kafka of its own, databases, topics and every service; stops all of it afterwards."""
    mails = MailCatcher(free_port(), free_port())
    log = folder / "logs" / "kafka.log"
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    kafka = KafkaServer(folder / "kafka", free_port(), free_port(), REPOSITORY / "deploy/kafka", log)
    stack = Stack(
        folder,
        Credentials(folder / "credentials.json"),
        postgres_url,
        kafka.bootstrap,
        {name: _moved(service) for name, service in BY_NAME.items()},
        mails.port,
    )
    processes = Processes(folder / "processes.json")
    mails.start()
    try:
        await asyncio.to_thread(kafka.start)
        await provision.create_databases(stack)
        await provision.create_topics(stack.kafka_bootstrap)
        await asyncio.to_thread(provision.migrate, stack)
        access = _administrator(stack)
        platform = Platform(stack.by_name["gateway"].url)
        data = Quickstart.read(REPOSITORY / "data/quickstart")
        mails_url = f"http://{LOOPBACK}:{mails.page_port}"
        story = Story(platform, mails_url, data, access, print)
        system = System(stack, platform, processes, access, story, mails_url)
        for service in stack.services:
            await asyncio.to_thread(system.start, service)
        yield system
        await platform.close()
    finally:
        await asyncio.to_thread(lambda: list(processes.stop()))
        await asyncio.to_thread(kafka.stop)
        mails.stop()


def _administrator(stack: Stack) -> Access:
    access = Access(ADMINISTRATOR, secrets.token_urlsafe(12))
    environment = stack.environment(stack.by_name["accounts"])
    run_once(
        "add-administrator",
        [sys.executable, "-m", "accounts", "add-administrator", ADMINISTRATOR],
        env=environment | {"KONTOR_ADMINISTRATOR_PASSWORD": access.administrator_password},
    )
    return access
