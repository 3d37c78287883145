"""Whole test runs: what starts, what is shared, what is left."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[4]


def run(tmp_path: Path, test: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run one test file in a pytest of its own, rooted in the repository."""
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\nasyncio_mode = 'auto'\n")
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    (tmp_path / "test_it.py").write_text(test)
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "KONTOR_TEST"))}
    return subprocess.run(  # noqa: S603 - our own interpreter and file
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, str(tmp_path)],
        capture_output=True,
        text=True,
        env=clean | {"TMPDIR": str(tmp_path)} | env,
        cwd=tmp_path,
        timeout=120,
        check=False,
    )


def servers_of(tmp_path: Path) -> list[str]:
    """Command lines of processes whose data lies in `tmp_path`."""
    lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    return [line for line in lines if str(tmp_path) in line]


def test_workers_share_one_server_and_nothing_is_left(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o755)
    for folder in list(tmp_path.parents)[:3]:
        if folder != Path("/tmp"):
            os.chmod(folder, 0o755)
    test = """
import pytest
@pytest.mark.parametrize("n", range(4))
async def test_ask(databases, n):
    async with databases.fresh("x") as url:
        print("URL", url.rsplit("/", 1)[0])
"""
    done = run(tmp_path, test, "-n", "2", "-rP")
    assert "4 passed" in done.stdout, done.stdout
    assert 1 == len({line for line in done.stdout.splitlines() if line.startswith("URL")})
    assert [] == servers_of(tmp_path)
    assert [] == list(tmp_path.glob("kontor-*"))


def test_unit_tests_alone_start_nothing(tmp_path: Path) -> None:
    done = run(
        tmp_path, "def test_it(clock): assert clock.now()", KONTOR_PG_BIN="/nonexistent", PATH="/nonexistent"
    )
    assert "1 passed" in done.stdout
    assert [] == list(tmp_path.glob("kontor-test-*"))


def test_an_address_in_the_environment_is_used_as_it_is(tmp_path: Path) -> None:
    test = "def test_it(servers): assert 'nine:9' == servers.kafka_bootstrap()"
    assert "1 passed" in run(tmp_path, test, KONTOR_TEST_KAFKA_BOOTSTRAP="nine:9").stdout


@pytest.mark.skipif(Path("/var/run/docker.sock").exists(), reason="with Docker there is a way to a server")
def test_without_any_server_the_error_says_what_to_install(tmp_path: Path) -> None:
    test = "def test_it(servers): servers.kafka_bootstrap()"
    done = run(tmp_path, test, PATH="/nonexistent", JAVA_HOME="")
    assert "No Kafka for the tests: KONTOR_TEST_KAFKA_BOOTSTRAP is not set" in done.stdout
    assert "apt-get install openjdk-17-jre-headless" in done.stdout
