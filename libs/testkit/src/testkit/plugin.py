"""The pytest plugin: real servers as fixtures, shared by all workers of a run, started on first use."""

import asyncio
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from xdist.scheduler import LoadScopeScheduling

from testkit import sockets
from testkit.clock import FrozenClock
from testkit.desk import Desk, DeskServers
from testkit.kafka import Broker
from testkit.postgres import Databases
from testkit.runs import close_run, open_run
from testkit.servers import POSTGRES_VARIABLE, OwnServers, Servers
from testkit.smtp import Post, running_post

_SERVERS = pytest.StashKey[Servers]()
_OWN = pytest.StashKey[OwnServers]()
_DESK = pytest.StashKey[Desk]()
_RUN = pytest.StashKey[str]()
_FOLDER = pytest.StashKey[Path]()


class WorkerNode(Protocol):
    """What pytest-xdist hands over when it prepares a worker."""

    config: pytest.Config
    workerinput: dict[str, str]


def pytest_configure(config: pytest.Config) -> None:
    """Give the controlling process (or the only one) its servers, and a worker the way to them."""
    given: dict[str, str] | None = getattr(config, "workerinput", None)
    if given is not None:
        config.stash[_SERVERS] = DeskServers(given["kontor_desk"])
        config.stash[_RUN] = given["kontor_run"]
        return
    folder = open_run()
    own = OwnServers(_recipe(config.rootpath), folder)
    config.stash[_FOLDER] = folder
    config.stash[_OWN] = own
    config.stash[_SERVERS] = own
    config.stash[_RUN] = secrets.token_hex(4)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerNode) -> None:
    """Tell a worker where to ask for servers."""
    stash = node.config.stash
    if _DESK not in stash:
        stash[_DESK] = Desk(stash[_OWN])
    node.workerinput["kontor_desk"] = stash[_DESK].address
    node.workerinput["kontor_run"] = stash[_RUN]


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """A test file stays in one worker; files that share topics or the whole platform share one, too."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file.startswith("tests/"):
            return "system"
        # Topics and consumer groups have the same names for all on the shared broker.
        return "events" if "/tests/events/" in file else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    """How `-n` spreads tests over workers."""
    return Scheduling(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started and drop what was left on a server of somebody else."""
    if _DESK in config.stash:
        config.stash[_DESK].close()
    if _OWN in config.stash:
        config.stash[_OWN].stop()
        given = os.environ.get(POSTGRES_VARIABLE)
        if given:
            asyncio.run(Databases(given, config.stash[_RUN]).forget_run())
        close_run(config.stash[_FOLDER])


@pytest.fixture(autouse=True)
def _no_socket_in_unit_tests(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if sockets.is_unit_test(request.path):
        sockets.forbid(monkeypatch, request.node.name)


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Servers:
    """Addresses of real servers; asking for one starts it."""
    return pytestconfig.stash[_SERVERS]


@pytest.fixture(scope="session")
def databases(servers: Servers, pytestconfig: pytest.Config) -> Databases:
    """Fresh databases on a real PostgreSQL: `async with databases.fresh("accounts", migrate) as url`."""
    return Databases(servers.postgres_url(), pytestconfig.stash[_RUN])


@pytest.fixture(scope="session")
def kafka(servers: Servers) -> Broker:
    """A real Kafka broker."""
    return Broker(servers.kafka_bootstrap())


@pytest.fixture
def post() -> Iterator[Post]:
    """A mail server of one's own."""
    with running_post() as post:
        yield post


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that stands still until it is advanced."""
    return FrozenClock()


def _recipe(root: Path) -> Path:
    # Tests run from the repository or from a folder inside it.
    for folder in (root, *root.parents):
        if (folder / "deploy/kafka/pom.xml").exists():
            return folder / "deploy/kafka"
    return root / "deploy/kafka"
