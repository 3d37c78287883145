"""`make run`: start everything, play the story, stay up until Ctrl-C, stop everything in order."""

import argparse
import asyncio
import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from local_stack import demonstration, provision
from local_stack.child import Child
from local_stack.ports import LOOPBACK, require_free
from local_stack.problems import DiskFullError, StackError
from local_stack.processes import Processes, Stage, clear_up
from local_stack.servers.kafka import GivenKafka, KafkaServer, jar_folder
from local_stack.servers.postgres import PostgresServer
from local_stack.servers.smtp import MailCatcher
from local_stack.stack import Stack
from local_stack.state import REPOSITORY, Credentials, exclusive, open_state, state_folder
from local_stack.topology import (
    KAFKA_CONTROLLER_PORT,
    KAFKA_PORT,
    MAIL_PAGE_PORT,
    POSTGRES_PORT,
    SERVICES,
    SMTP_PORT,
)


class Run:
    """One run: what it has started and how it tells of it."""

    def __init__(self, folder: Path, console: Console) -> None:
        self.folder = folder
        self._console = console
        self._began = time.monotonic()
        self._processes = Processes(folder / "processes.json")
        self._mails = MailCatcher(SMTP_PORT, MAIL_PAGE_PORT)
        self._mails_run = False

    def up(self) -> Stack:
        """Start servers, prepare them, start services; everything is ready on return."""
        cleared = clear_up(self.folder / "processes.json")
        if cleared:
            self._say(f"Stopped {cleared} processes that an interrupted run had left")
        self._require_ports()
        credentials = Credentials(self.folder / "credentials.json")
        self._mails.start()
        self._mails_run = True
        kafka = self._kafka()
        stack = Stack(self.folder, credentials, self._postgres(credentials), kafka.bootstrap)
        asyncio.run(provision.create_databases(stack))
        moved = provision.migrate(stack)
        if moved:
            self._say(f"Migrated {', '.join(moved)}")
        # Services load while Kafka comes up; without it they wait, as they would at any other time.
        ports = self._start_services(stack)
        kafka.wait()
        topics = asyncio.run(provision.create_topics(stack.kafka_bootstrap))
        self._say(f"Databases and topics are there ({topics} topics)")
        for name in self._processes.wait_ready(ports):
            self._say(f"Ready: {name}")
        return stack

    def play(self, stack: Stack) -> str:
        """Play the story if everyone who acts in it is there, and return what to try afterwards."""
        if not stack.complete:
            return ""
        with self._processes.watched():
            access = demonstration.play_once(stack, self._say)
        return demonstration.introduction(access)

    def stay(self) -> None:
        """Return never, except by the interruption that ends the run."""
        with self._processes.watched():
            threading.Event().wait()

    def down(self) -> None:
        """Stop everything this run has started."""
        for name in self._processes.stop():
            self._say(f"Stopped {name}")
        if self._mails_run:
            self._mails.stop()

    def require_all_alive(self) -> None:
        """Raise if the interruption was a process that ended, not a person who wants to stop."""
        self._processes.require_all_alive()

    def describe(self, stack: Stack) -> None:
        """Print the addresses."""
        lines = [f"  {service.name:<14} {service.url}" for service in reversed(stack.services)]
        lines += [
            f"  {'mails':<14} http://{LOOPBACK}:{MAIL_PAGE_PORT}",
            f"  {'PostgreSQL':<14} {stack.postgres_url.rsplit('@', 1)[-1].split('/', 1)[0]}",
            f"  {'Kafka':<14} {stack.kafka_bootstrap}",
            f"  {'data and logs':<14} {self.folder}",
        ]
        seconds = time.monotonic() - self._began
        self._console.print(f"\nKontor is up after {seconds:.0f} s.\n" + "\n".join(lines), highlight=False)
        missing = [service.name for service in SERVICES if not service.written]
        if missing:
            self._console.print(f"  not installed: {', '.join(missing)}")

    def _require_ports(self) -> None:
        for service in SERVICES:
            if service.written:
                for command, port in service.commands:
                    require_free(port, f"{service.name} {command}")

    def _postgres(self, credentials: Credentials) -> str:
        given = os.environ.get("KONTOR_RUN_POSTGRES_URL")
        if given:
            return given
        self._say("Starting PostgreSQL …")
        logs = self.folder / "logs"
        password = credentials.get("database superuser")
        server = PostgresServer(self.folder / "postgres", POSTGRES_PORT, password, logs / "postgres.log")
        with self._held(server):
            server.start()
        return server.url

    def _kafka(self) -> KafkaServer | GivenKafka:
        given = os.environ.get("KONTOR_RUN_KAFKA_BOOTSTRAP")
        if given:
            return GivenKafka(given)
        log = self.folder / "logs/kafka.log"
        recipe = REPOSITORY / "deploy/kafka"
        fetched = jar_folder(recipe).exists()
        self._say("Starting Kafka …" if fetched else "Fetching Kafka (43 MB, once) and starting it …")
        server = KafkaServer(self.folder / "kafka", KAFKA_PORT, KAFKA_CONTROLLER_PORT, recipe, log)
        with self._held(server):
            server.launch()
        return server

    @contextmanager
    def _held(self, server: PostgresServer | KafkaServer) -> Iterator[None]:
        # Also when the start is interrupted half-way: what runs by then must be stopped.
        try:
            yield
        finally:
            if server.child is not None:
                self._processes.add(Stage((server.child,), grace=20))

    def _start_services(self, stack: Stack) -> list[tuple[Child, int]]:
        ports = []
        for service in stack.services:
            children = [(stack.child(service, command), port) for command, port in service.commands]
            ports += children
            self._processes.start([child for child, _ in children])
        return ports

    def _say(self, text: str) -> None:
        self._console.print(
            f"[{time.monotonic() - self._began:5.1f} s] {text}", highlight=False, markup=False
        )


def execute(run: Run, console: Console, options: argparse.Namespace) -> int:
    """Go through one run and return its exit code."""
    try:
        try:
            stack = run.up()
            introduction = "" if options.no_story else run.play(stack)
            run.describe(stack)
            if introduction:
                console.print(f"\n{introduction}", markup=False, highlight=False)
            if not options.exit_after_story:
                console.print("\nCtrl-C stops everything; `make reset` forgets the data.")
                run.stay()
        except KeyboardInterrupt:
            run.require_all_alive()
            console.print("\nStopping …")
    except StackError as problem:
        console.print(f"\n{problem}", style="red", markup=False, highlight=False)
        return 1
    except OSError as failure:
        if failure.errno != errno.ENOSPC:
            raise
        console.print(f"\n{DiskFullError(run.folder)}", style="red", markup=False, highlight=False)
        return 1
    finally:
        # From here on impatience changes nothing: half-stopped is what nobody wants.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        run.down()
    return 0


def main() -> int:
    """Parse options, hold the state folder, run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-story", action="store_true", help="only start everything")
    parser.add_argument("--exit-after-story", action="store_true", help="stop when the story has been played")
    options = parser.parse_args()
    console = Console(soft_wrap=True)
    # Set in any case: a shell that starts us in the background has us ignore SIGINT.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        folder = open_state(state_folder())
        with exclusive(folder):
            return execute(Run(folder, console), console, options)
    except StackError as problem:
        console.print(str(problem), style="red", markup=False, highlight=False)
        return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
