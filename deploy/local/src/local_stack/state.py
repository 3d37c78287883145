"""What a local system keeps between runs: a folder, and in it the secrets made for this machine."""

import fcntl
import hashlib
import json
import os
import secrets
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local_stack.problems import StackError
from local_stack.servers.postgres import server_account

_MARK = "kontor-state"
REPOSITORY = Path(__file__).resolve().parents[4]


class AlreadyRunningError(StackError):
    """Another run uses the same folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"Kontor already runs with the data in {folder}. Stop that run (Ctrl-C) first.")


def state_folder() -> Path:
    """KONTOR_STATE_DIR, else `.local` in the repository, else (PostgreSQL's user cannot enter) /var/tmp."""
    told = os.environ.get("KONTOR_STATE_DIR")
    if told:
        return Path(told).resolve()
    if _enterable(REPOSITORY):
        return REPOSITORY / ".local"
    short = hashlib.sha256(str(REPOSITORY).encode()).hexdigest()[:10]
    return Path("/var/tmp") / f"kontor-{short}"  # noqa: S108 - created 0755 and refused if not ours


def open_state(folder: Path) -> Path:
    """Create the folder if need be; raises StackError when it holds, or belongs to, something else."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        if folder.stat().st_uid != os.geteuid():
            raise StackError(f"The folder {folder} is another user's. Set KONTOR_STATE_DIR to one of yours.")
        # Everything in here is deleted by `make reset`, so it must have been ours from the beginning.
        if any(folder.iterdir()) and not (folder / _MARK).exists():
            raise StackError(f"The folder {folder} holds other data. Set KONTOR_STATE_DIR to an empty one.")
        (folder / _MARK).touch()
        (folder / "logs").mkdir(exist_ok=True)
    except OSError as failure:
        raise StackError(f"The folder {folder} cannot be used: {failure.strerror}.") from failure
    return folder


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the folder for one run; raises AlreadyRunningError when another one has it."""
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise AlreadyRunningError(folder) from taken
        yield


class Credentials:
    """Secrets made on first use and kept in one file that only its owner reads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Databases are migrated side by side, and each asks for what it needs.
        self._lock = threading.Lock()
        self._known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    def get(self, name: str) -> str:
        """The secret of that name: 43 characters, safe in URLs and SQL literals."""
        with self._lock:
            if name not in self._known:
                self._known[name] = secrets.token_urlsafe(32)
                self._write()
            return self._known[name]

    def _write(self) -> None:
        draft = self._path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as sink:
            json.dump(self._known, sink, indent=1)
        draft.replace(self._path)


def _enterable(folder: Path) -> bool:
    account = server_account()
    if account.uid is None:
        return True
    test = subprocess.run(  # noqa: S603 - no shell, our own words
        ["/usr/bin/test", "-x", str(folder)],
        cwd="/",
        user=account.uid,
        group=account.gid,
        extra_groups=account.extra_groups,
        check=False,
    )
    return test.returncode == 0
