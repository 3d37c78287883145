"""Services as processes."""

from pathlib import Path

import httpx
import psutil
import pytest

from local_stack.ports import free_port
from local_stack.problems import ServerFailedError
from testkit.processes import Program

TINY = str(Path(__file__).parents[1] / "support/tiny_service.py")


def tiny(tmp_path: Path, **env: str) -> Program:
    port = free_port()
    return Program.module([TINY], {"KONTOR_PORT": str(port), **env}, port, tmp_path / "log")


async def test_is_ready_when_its_page_answers_and_gone_afterwards(tmp_path: Path) -> None:
    async with tiny(tmp_path) as program, httpx.AsyncClient() as client:
        assert 200 == (await client.get(program.url)).status_code
    assert not program.alive
    assert [] == [p for p in psutil.Process().children() if TINY in p.cmdline()]


async def test_a_kill_is_a_kill(tmp_path: Path) -> None:
    async with tiny(tmp_path) as program:
        program.kill()
        assert -9 == program.exit_code


async def test_a_program_that_dies_says_its_last_words(tmp_path: Path) -> None:
    program = tiny(tmp_path, TINY_DIES="yes").start()
    with pytest.raises(ServerFailedError, match="the disk told me a lie"):
        await program.wait_ready()


async def test_the_developers_own_settings_do_not_reach_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KONTOR_PORT", "1")
    program = Program.module([TINY], {}, free_port(), tmp_path / "log").start()
    with pytest.raises(ServerFailedError, match="KeyError: 'KONTOR_PORT'"):
        await program.wait_ready()
