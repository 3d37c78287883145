"""The whole platform as real processes, on servers and ports of a test run."""

import asyncio
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import httpx

from local_stack import provision
from local_stack.child import Child, run_once
from local_stack.client import Caller, Platform, until
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
from testkit.containers import KafkaInContainer
from testkit.servers import kafka_of_ones_own

ADMINISTRATOR = "administrator@example.com"
# One run of tests is one address, and calls faster than any customer: limits have tests of their own.
# The ERPs that are pushed to run on this machine.
_FOR_TESTS: Final = {
    f"KONTOR_{caller}_{figure}": "100000"
    for caller in ("USER", "CLIENT", "ADDRESS", "LOGIN")
    for figure in ("RATE", "BURST")
} | {"KONTOR_CONNECTORS_MAY_REACH_LOOPBACK": "true"}

Dress = Callable[[Child], Child]
"""Changes how a process is started, before it is."""


def as_it_is(child: Child) -> Child:
    """The process as in production."""
    return child


def given(settings: Mapping[str, str]) -> Dress:
    """Processes with these environment variables over those that all tests share."""
    return lambda child: replace(child, env={**child.env, **settings})


@dataclass
class System:
    """The running platform. `story` knows how the demonstration sets it up; `access` holds its log-ins."""

    stack: Stack
    kafka: KafkaServer | KafkaInContainer
    platform: Platform
    processes: Processes
    access: Access
    story: Story
    mails_url: str
    dress: Dress = as_it_is
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
            await self.start_again(*names)

    @asynccontextmanager
    async def hanging(self, *names: str) -> AsyncIterator[None]:
        """Stops processes in their tracks: they accept and never answer; afterwards they go on."""
        for name in names:
            self.children[name].send(signal.SIGSTOP)
        try:
            yield
        finally:
            for name in names:
                self.children[name].send(signal.SIGCONT)
            await self.ready(*names)

    @asynccontextmanager
    async def flawed(self, name: str, flaw: str) -> AsyncIterator[None]:
        """Runs a process such as `catalog-api` with a flaw: Python that is executed before its own code."""
        child = self.children[name]
        service, command = name.rsplit("-", 1)
        run = f"import runpy, sys\nsys.argv = [{service!r}, {command!r}]\n"
        run += f"runpy.run_module({service!r}, run_name='__main__')"
        argv = child.argv
        await asyncio.to_thread(child.kill)
        child.argv = [sys.executable, "-c", f"{flaw}\n{run}"]
        child.start()
        try:
            await self.ready(name)
            yield
        finally:
            await asyncio.to_thread(child.kill)
            child.argv = argv
            child.start()
            await self.ready(name)

    @asynccontextmanager
    async def without_kafka(self, *, emptied: bool = False) -> AsyncIterator[None]:
        """Stops the broker; afterwards it is started again, as it was or as an empty one with a new id."""
        kafka = self._native_kafka
        await asyncio.to_thread(kafka.stop)
        try:
            yield
        finally:
            if emptied:
                shutil.rmtree(self.stack.folder / "kafka")
            await asyncio.to_thread(kafka.start)

    @asynccontextmanager
    async def hanging_kafka(self) -> AsyncIterator[None]:
        """The broker keeps its connections and answers nobody; afterwards it goes on."""
        broker = self._native_kafka.child
        assert broker is not None
        broker.send(signal.SIGSTOP)
        try:
            yield
        finally:
            broker.send(signal.SIGCONT)

    async def start_again(self, *names: str) -> None:
        """Starts processes that have ended, and waits until they are ready."""
        for name in names:
            self.children[name].start()
        await self.ready(*names)

    async def ready(self, *names: str) -> None:
        """Returns when the processes say that they are ready; others may be down."""
        for name in names:
            await until(lambda name=name: self._is_ready(name), seconds=120, what=f"{name} to be ready")

    @property
    def _native_kafka(self) -> KafkaServer:
        assert isinstance(self.kafka, KafkaServer), "a broker that is stopped, hangs or is emptied is native"
        return self.kafka

    async def _is_ready(self, name: str) -> bool:
        service, _, command = name.rpartition("-")
        port = dict(self.stack.by_name[service].commands)[command]
        try:
            answer = await self.platform.http.get(f"http://{LOOPBACK}:{port}/readyz", timeout=5)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    def _child(self, service: Service, command: str) -> Child:
        child = self.stack.child(service, command)
        return self.dress(replace(child, env={**child.env, **_FOR_TESTS}))


def _moved(service: Service) -> Service:
    worker_port = None if service.worker_port is None else free_port()
    return replace(service, port=free_port(), worker_port=worker_port)


@asynccontextmanager
async def running(folder: Path, postgres_url: str, dress: Dress = as_it_is) -> AsyncIterator[System]:
    """Starts a Kafka of its own, databases, topics and every service; stops all of it afterwards.

    `dress` may change how each process is started.
    """
    mails = MailCatcher(free_port(), free_port())
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    kafka = kafka_of_ones_own(folder, REPOSITORY / "deploy/kafka")
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
        system = System(stack, kafka, platform, processes, access, story, mails_url, dress)
        for service in stack.services:
            await asyncio.to_thread(system.start, service)
        yield system
        await platform.close()
    finally:
        await asyncio.to_thread(lambda: list(processes.stop()))
        await asyncio.to_thread(kafka.stop)
        mails.stop()


def _administrator(stack: Stack) -> Access:
    # Kept with the folder: whoever runs the same data again can still log in.
    access = Access(ADMINISTRATOR, stack.credentials.get("administrator"))
    environment = stack.environment(stack.by_name["accounts"])
    run_once(
        "add-administrator",
        [sys.executable, "-m", "accounts", "add-administrator", ADMINISTRATOR],
        env=environment | {"KONTOR_ADMINISTRATOR_PASSWORD": access.administrator_password},
    )
    return access
