"""How test workers share servers: the controlling process starts them, workers ask it for addresses."""

import tempfile
import threading
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path

from testkit.servers import Servers


class SharedServersError(Exception):
    """The controlling process could not start a server; carries its reason."""


class Desk:
    """Answers workers of one run on a local socket, one question at a time: a server starts only once."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._folder = tempfile.TemporaryDirectory(prefix="kontor-desk-")
        self.address = str(Path(self._folder.name) / "socket")
        self._listener = Listener(self.address, family="AF_UNIX")
        self._thread = threading.Thread(target=self._serve, name="server desk", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering; the servers stay."""
        with Client(self.address, family="AF_UNIX") as last:
            last.send("close")
        self._thread.join()
        self._listener.close()
        self._folder.cleanup()

    def _serve(self) -> None:
        while True:
            with self._listener.accept() as visitor:
                question = visitor.recv()
                if question == "close":
                    return
                self._answer(visitor, question)

    def _answer(self, visitor: Connection, question: str) -> None:
        ask = self._servers.postgres_url if question == "postgres" else self._servers.kafka_bootstrap
        try:
            visitor.send(("ok", ask()))
        except Exception as failure:  # noqa: BLE001 - the worker that asked raises it, the desk must go on
            visitor.send(("failed", f"{type(failure).__name__}: {failure}"))


class DeskServers:
    """A worker's view of the servers the controlling process keeps."""

    def __init__(self, address: str) -> None:
        self._address = address

    def postgres_url(self) -> str:
        return self._ask("postgres")

    def kafka_bootstrap(self) -> str:
        return self._ask("kafka")

    def _ask(self, question: str) -> str:
        with Client(self._address, family="AF_UNIX") as desk:
            desk.send(question)
            outcome, text = desk.recv()
        if outcome != "ok":
            raise SharedServersError(text)
        return str(text)
