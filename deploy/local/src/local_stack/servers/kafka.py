"""A native Apache Kafka on the loopback interface: one broker that is its own controller (KRaft)."""

import asyncio
import base64
import hashlib
import os
import re
import shutil
import tempfile
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from local_stack.child import Child, run_once, wait_until
from local_stack.ports import LOOPBACK, is_free, require_free
from local_stack.problems import ServerMissingError
from local_stack.room import require_room

_OLDEST_JAVA = 17
_JVM = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError")


class KafkaServer:
    """One broker with its data in `folder`, listening on 127.0.0.1:`port`; keeps its data between starts.

    `recipe` is the folder with the pom.xml that names Kafka's jars and with log4j2.yaml.
    """

    def __init__(self, folder: Path, port: int, controller_port: int, recipe: Path, log: Path) -> None:
        self._folder = folder
        self._port = port
        self._controller_port = controller_port
        self._recipe = recipe
        self._log = log
        self._child: Child | None = None

    @property
    def bootstrap(self) -> str:
        """host:port of the broker."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def child(self) -> Child | None:
        """The running broker, for whoever watches processes."""
        return self._child

    def start(self) -> None:
        """Launch and wait."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Fetch Kafka if it is not cached, format the storage once, and start it."""
        java = find_java()
        jars = fetch_jars(self._recipe)
        require_free(self._port, "Kafka")
        require_free(self._controller_port, "Kafka's controller")
        self._folder.mkdir(parents=True, exist_ok=True)
        require_room(self._folder)
        properties = self._folder / "server.properties"
        properties.write_text(self._properties())
        if not (self._folder / "formatted").exists():
            shutil.rmtree(self._folder / "data", ignore_errors=True)
            self._format(java, jars, properties)
        command = [*self._java(java, jars), "kafka.Kafka", str(properties)]
        self._child = Child("Kafka", command, self._log, dict(os.environ)).start()

    def wait(self) -> None:
        """Return when the launched broker answers; raises `ServerFailedError` when it does not."""
        assert self._child is not None, "launch comes first"
        wait_until(self._child, lambda: not is_free(self._port) and answers(self.bootstrap), timeout=90)

    def stop(self) -> None:
        """Controlled shutdown: logs are flushed and closed."""
        if self._child is not None:
            self._child.stop(grace=20)

    def _java(self, java: Path, jars: Path) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={self._recipe / 'log4j2.yaml'}"
        return [str(java), *_JVM, logging, "-cp", f"{jars}/*"]

    def _format(self, java: Path, jars: Path, properties: Path) -> None:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # One id in 64 begins with a hyphen, so it must not stand as an argument of its own.
        arguments = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}", "-c", str(properties)]
        run_once("Formatting Kafka's storage", [*self._java(java, jars), *arguments])
        (self._folder / "formatted").touch()

    def _properties(self) -> str:
        controller = f"{LOOPBACK}:{self._controller_port}"
        settings = {
            **broker_settings(),
            "controller.quorum.voters": f"1@{controller}",
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(self._folder / "data"),
        }
        return "".join(f"{name}={value}\n" for name, value in settings.items())


def broker_settings() -> dict[str, str]:
    """What the one broker is told wherever it runs; where it listens is said beside it."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.listener.names": "CONTROLLER",
        "auto.create.topics.enable": "false",
        "message.max.bytes": str(8 * 2**20),
        "replica.fetch.max.bytes": str(8 * 2**20),
        "group.initial.rebalance.delay.ms": "0",
        "offsets.topic.num.partitions": "5",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "5",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # The cleaner's buffer is 128 MiB unless told otherwise: a third of this heap.
        "log.cleaner.dedupe.buffer.size": str(16 * 2**20),
        "num.network.threads": "2",
        "num.io.threads": "4",
    }


@dataclass(frozen=True, slots=True)
class GivenKafka:
    """Somebody else's broker: it is there already, at host:port."""

    bootstrap: str

    def wait(self) -> None:
        """Return at once."""


def answers(bootstrap: str) -> bool:
    """Whether a broker at `bootstrap` lists itself in the cluster's metadata, i.e. takes requests."""
    # In a thread of its own, because the caller may or may not be inside an event loop.
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, _has_broker(bootstrap)).result()


async def _has_broker(bootstrap: str) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=2000)
    try:
        await admin.start()
        return bool((await admin.describe_cluster())["brokers"])
    except (KafkaError, OSError):
        return False
    finally:
        await admin.close()


def find_java() -> Path:
    """A Java of at least version 17: that of JAVA_HOME or on PATH."""
    wanted = f"Java {_OLDEST_JAVA} or newer, which Kafka needs,"
    remedy = "Install it (Debian: apt-get install openjdk-17-jre-headless) or set JAVA_HOME."
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else None
    found = found or shutil.which("java")
    if found is None:
        raise ServerMissingError(wanted, remedy)
    version = re.search(r'version "(\d+)', run_once("Asking Java for its version", [found, "-version"]))
    if version is None or int(version[1]) < _OLDEST_JAVA:
        raise ServerMissingError(wanted, f"{found} is older. {remedy}")
    return Path(found)


def jar_folder(recipe: Path) -> Path:
    """Where the jars that `recipe` names are cached; another pom.xml gives another folder."""
    told = os.environ.get("KONTOR_CACHE_DIR")
    cache = Path(told) if told else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "kontor"
    fingerprint = hashlib.sha256((recipe / "pom.xml").read_bytes()).hexdigest()[:12]
    return cache / f"kafka-{fingerprint}"


def fetch_jars(recipe: Path) -> Path:
    """The folder with Kafka's jars, downloaded by Maven the first time."""
    target = jar_folder(recipe)
    if target.exists():
        return target
    maven = shutil.which("mvn")
    if maven is None:
        raise ServerMissingError("Maven, which fetches Kafka,", "Install it (Debian: apt-get install maven).")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Into a folder of its own and renamed when complete: a broken download is never taken for Kafka.
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        jars = Path(scratch) / "jars"
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={jars}"]
        command = [maven, "-q", "-B", "-f", str(recipe / "pom.xml"), *goal]
        run_once("Fetching Kafka with Maven", command, timeout=900)
        try:
            jars.rename(target)
        except OSError:
            if not target.exists():  # else somebody else was faster, which is as good
                raise
    return target
