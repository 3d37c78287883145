"""The folder of one test run: its servers' data, and what it has started, for the next run to clear up."""

import json
import os
import shutil
import tempfile
from pathlib import Path

from local_stack.leftovers import LEDGER_VARIABLE, Entry, Ledger, alive, end, entry

_PREFIX = "kontor-test-"


def open_run() -> Path:
    """Clear up after killed runs and return a new folder, in which all processes of this run are noted.

    Not pytest's own folder: PostgreSQL may run as another user, who cannot enter that one.
    """
    _clear_up()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    folder.chmod(0o755)
    (folder / "started").mkdir()
    (folder / "owner").write_text(json.dumps(entry(os.getpid())))
    os.environ[LEDGER_VARIABLE] = str(folder / "started")  # workers and their children inherit it
    return folder


def close_run(folder: Path) -> None:
    """Forget the run; its servers are stopped already."""
    os.environ.pop(LEDGER_VARIABLE, None)
    shutil.rmtree(folder, ignore_errors=True)


def _clear_up() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if _is_abandoned(folder):
            end(Ledger(folder / "started").entries())
            shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    try:
        # What another user wrote must not decide which processes end.
        if folder.stat().st_uid != os.geteuid():
            return False
        text = (folder / "owner").read_text()
    except OSError:
        return False
    return bool(text) and alive(Entry(*json.loads(text))) is None
