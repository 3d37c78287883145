"""A native PostgreSQL server on the loopback interface, with data of its own."""

import os
import pwd
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

from local_stack.child import Child, RunAs, run_once, wait_until
from local_stack.ports import LOOPBACK, require_free
from local_stack.problems import ServerFailedError, ServerMissingError, UserMissingError
from local_stack.room import require_room

SUPERUSER = "kontor"
_DEBIAN_HOME = Path("/usr/lib/postgresql")
# Test data is thrown away, so nothing in it needs to survive a power cut.
_CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum_naptime=1h")
LOCALE = ("--encoding=UTF8", "--locale=C.UTF-8")


def server_settings(*, durable: bool) -> Sequence[str]:
    """What the server is told wherever it runs, as name=value."""
    settings = ("max_connections=300", "shared_buffers=256MB", "max_wal_size=2GB", "timezone=UTC")
    return settings if durable else settings + _CARELESS


class PostgresServer:
    """One cluster in `folder`/data, listening on 127.0.0.1:`port`; keeps its data between starts.

    `password` is the superuser's and counts when the cluster is created. With `durable=False`
    the data does not survive a crash of the machine, which suits tests.
    """

    def __init__(self, folder: Path, port: int, password: str, log: Path, *, durable: bool = True) -> None:
        self._folder = folder
        self._port = port
        self._password = password
        self._durable = durable
        self._log = log
        self._child: Child | None = None

    @property
    def url(self) -> str:
        """Where the superuser connects: postgresql://user:password@host:port/postgres."""
        return f"postgresql://{SUPERUSER}:{self._password}@{LOOPBACK}:{self._port}/postgres"

    @property
    def child(self) -> Child | None:
        """The running postmaster, for whoever watches processes."""
        return self._child

    def start(self) -> None:
        """Create the cluster if there is none, start it and wait until it answers."""
        programs = find_programs()
        run_as = server_account()
        require_free(self._port, "PostgreSQL")
        self._prepare_folder(run_as)
        require_room(self._folder)
        data = self._folder / "data"
        if not self._initialised(data):
            self._create(programs, data, run_as)
        # Fast shutdown: open transactions are rolled back, data is flushed.
        self._child = Child(
            "PostgreSQL",
            self._command(programs, data),
            self._log,
            _plain(),
            run_as,
            first=signal.SIGINT,
        ).start()
        probe = [str(programs / "pg_isready"), "-q", "-h", LOOPBACK, "-p", str(self._port), "-t", "2"]
        wait_until(self._child, lambda: _succeeds(probe), timeout=60)

    def stop(self) -> None:
        """Stop it and wait for its end."""
        if self._child is not None:
            self._child.stop(grace=20)

    def _command(self, programs: Path, data: Path) -> list[str]:
        settings = [
            f"listen_addresses={LOOPBACK}",
            f"port={self._port}",
            "unix_socket_directories=",  # TCP only: a socket's path may not be longer than 107 bytes
            *server_settings(durable=self._durable),
        ]
        return [
            str(programs / "postgres"),
            "-D",
            str(data),
            *(word for setting in settings for word in ("-c", setting)),
        ]

    def _prepare_folder(self, run_as: RunAs) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if run_as.uid is not None and run_as.gid is not None:
            os.chown(self._folder, run_as.uid, run_as.gid)

    def _initialised(self, data: Path) -> bool:
        # initdb writes the control file last but one and we are told of its success only by our own mark.
        if (self._folder / "initialised").exists():
            return True
        shutil.rmtree(data, ignore_errors=True)
        return False

    def _create(self, programs: Path, data: Path, run_as: RunAs) -> None:
        secret = self._folder / "initial-password"
        descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "w") as sink:
                sink.write(self._password + "\n")
                if run_as.uid is not None and run_as.gid is not None:
                    os.fchown(sink.fileno(), run_as.uid, run_as.gid)
            command = [
                str(programs / "initdb"),
                f"--pgdata={data}",
                f"--username={SUPERUSER}",
                f"--pwfile={secret}",
                "--auth=scram-sha-256",
                *LOCALE,
                *(() if self._durable else ("--no-sync",)),
            ]
            run_once("Creating the PostgreSQL cluster", command, env=_plain(), run_as=run_as)
        finally:
            secret.unlink(missing_ok=True)
        (self._folder / "initialised").touch()


def find_programs() -> Path:
    """The folder with `postgres` and `initdb`: KONTOR_PG_BIN, PATH, or Debian's newest."""
    told = os.environ.get("KONTOR_PG_BIN")
    on_path = shutil.which("postgres")
    candidates = [
        *([Path(told)] if told else []),
        *([Path(on_path).resolve().parent] if on_path else []),
        *sorted(_DEBIAN_HOME.glob("*/bin"), key=_version, reverse=True),
    ]
    for folder in candidates:
        if all((folder / program).exists() for program in ("postgres", "initdb", "pg_isready")):
            return folder
    raise ServerMissingError(
        "A PostgreSQL server",
        "Install it (Debian: apt-get install postgresql postgresql-contrib) "
        "or set KONTOR_PG_BIN to the folder with its programs.",
    )


def server_account() -> RunAs:
    """Whom PostgreSQL runs as: ourselves, or when we are root (whom it refuses) KONTOR_PG_USER."""
    if os.geteuid() != 0:
        return RunAs()
    name = os.environ.get("KONTOR_PG_USER", "postgres")
    try:
        account = pwd.getpwnam(name)
    except KeyError as unknown:
        raise UserMissingError(name) from unknown
    return RunAs(account.pw_uid, account.pw_gid)


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0


def _plain() -> dict[str, str]:
    # The caller's PG* variables would reach the server's programs and change what they do.
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}


def _succeeds(argv: list[str]) -> bool:
    try:
        run_once(argv[0], argv, env=_plain(), timeout=10)
    except ServerFailedError:
        return False
    return True
