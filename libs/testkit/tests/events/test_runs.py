"""Whole test runs: what starts, what is shared, what is left."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from local_stack.child import Child
from local_stack.leftovers import LEDGER_VARIABLE, Ledger, entry
from testkit.runs import close_run, open_run

ROOT = Path(__file__).parents[4]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the user PostgreSQL runs as may enter, which pytest's own is not."""
    with tempfile.TemporaryDirectory(prefix="kontor-runs-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


class Done(NamedTuple):
    """How a run ended, and what it printed."""

    returncode: int
    stdout: str


def run(place: Path, test: str, *arguments: str, **env: str) -> Done:
    """Run one test file in a pytest of its own, rooted in the repository."""
    (place / "pyproject.toml").write_text("[tool.pytest.ini_options]\nasyncio_mode = 'auto'\n")
    (place / "deploy").symlink_to(ROOT / "deploy")
    (place / "test_it.py").write_text(test)
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "KONTOR_TEST"))}
    # Into a file: a pipe would stay open as long as anything that a killed run has left.
    with (place / "output").open("w+") as output:
        done = subprocess.run(  # noqa: S603 - our own interpreter and file
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, "test_it.py"],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=clean | {"TMPDIR": str(place)} | env,
            cwd=place,
            timeout=500,
            check=False,
        )
        output.seek(0)
        return Done(done.returncode, output.read())


def servers_of(place: Path) -> list[str]:
    """Command lines of processes whose data lies in `place`."""
    lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    return [line for line in lines if str(place) in line]


def test_workers_share_one_server_and_nothing_is_left(place: Path) -> None:
    test = """
import pytest
@pytest.mark.parametrize("n", range(4))
async def test_ask(databases, n):
    async with databases.fresh("x") as url:
        print("URL", url.rsplit("/", 1)[0])
"""
    done = run(place, test, "-n", "2", "-rP")
    assert "4 passed" in done.stdout, done.stdout
    assert 1 == len({line for line in done.stdout.splitlines() if line.startswith("URL")})
    assert [] == servers_of(place)
    assert [] == list(place.glob("kontor-*"))


def test_unit_tests_alone_start_nothing(place: Path) -> None:
    done = run(
        place, "def test_it(clock): assert clock.now()", KONTOR_PG_BIN="/nonexistent", PATH="/nonexistent"
    )
    assert "1 passed" in done.stdout
    assert [] == list(place.glob("kontor-test-*"))


def test_an_address_in_the_environment_is_used_as_it_is(place: Path) -> None:
    test = "def test_it(servers): assert 'nine:9' == servers.kafka_bootstrap()"
    assert "1 passed" in run(place, test, KONTOR_TEST_KAFKA_BOOTSTRAP="nine:9").stdout


def test_without_any_server_the_error_says_what_to_install(place: Path) -> None:
    test = "def test_it(servers): servers.kafka_bootstrap()"
    done = run(place, test, PATH="/nonexistent", JAVA_HOME="", DOCKER_HOST="unix:///nonexistent")
    assert "No Kafka for the tests: KONTOR_TEST_KAFKA_BOOTSTRAP is not set" in done.stdout
    assert "apt-get install openjdk-17-jre-headless" in done.stdout


KILLED = """
import os, signal, time
from pathlib import Path
from testkit.processes import Program
def test_dies(servers):
    servers.postgres_url()
    log = Path(os.environ["TMPDIR"]) / "log"
    program = Program.module(["-c", "import time; time.sleep(600)"], {}, 1, log).start()
    Path(os.environ["TMPDIR"], "pid").write_text(str(program.pid))
    os.kill(os.getppid(), signal.SIGKILL)  # the controlling process, which keeps the servers
    time.sleep(2)
"""


@pytest.mark.timeout(600)
def test_what_a_killed_run_has_left_is_ended_by_the_next(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = run(place, KILLED, "-n", "1")
    assert -9 == killed.returncode, killed.stdout
    service = psutil.Process(int((place / "pid").read_text()))
    assert service.is_running()
    assert any("postgres" in line for line in servers_of(place))
    next_run(place, monkeypatch)
    assert not service.is_running() or service.status() == psutil.STATUS_ZOMBIE
    assert [] == [line for line in servers_of(place) if "postgres" in line]
    assert [] == list(place.glob("kontor-test-*"))


def test_what_another_run_uses_at_the_moment_is_left_alone(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = place / "kontor-test-other"
    (other / "started").mkdir(parents=True)
    (other / "owner").write_text(json.dumps(entry(os.getpid())))
    monkeypatch.setenv(LEDGER_VARIABLE, str(other / "started"))
    child = Child("in use", [sys.executable, "-c", "import time; time.sleep(600)"], place / "log", {}).start()
    next_run(place, monkeypatch)
    assert child.alive
    assert [child.pid] == [noted.pid for noted in Ledger(other / "started").entries()]
    child.kill()
    assert [] == Ledger(other / "started").entries()


def next_run(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test run does first and last, as if `place` were the folder for temporary files."""
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(place))
        patch.setenv(LEDGER_VARIABLE, "")
        close_run(open_run())
