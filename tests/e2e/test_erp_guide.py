"""The guide for ERP consultants, run as it is written: every command of it, in one shell, top to bottom."""

import asyncio
import re
from asyncio.subprocess import PIPE, STDOUT

from local_stack.state import REPOSITORY
from tests.support.system import System

GUIDE = REPOSITORY / "docs/integrate-an-erp.md"


def _script() -> str:
    blocks = re.findall(r"^```sh\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    # The numbers tell which block a failure stopped.
    return "\n".join(f"echo 'block {number}'\n{block}" for number, block in enumerate(blocks, 1))


async def test_every_command_of_the_guide_works_in_the_order_it_stands_there(system: System) -> None:
    shell = await asyncio.create_subprocess_exec(
        "sh",
        "-eu",
        "-c",
        _script(),
        cwd=REPOSITORY,
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "KONTOR": system.gateway,
            "MAILS": f"{system.mails_url}/mails.json",
            "STAFF_EMAIL": system.access.administrator,
            "STAFF_PASSWORD": system.access.administrator_password,
        },
        stdout=PIPE,
        stderr=STDOUT,
    )
    output = (await shell.communicate())[0].decode()
    assert 0 == shell.returncode, output
    said = tuple(output.splitlines())
    # What the chapters promise: the file was read, the price is the account's, half a list is held and
    # can be cancelled, the order was booked and its answer reached the user.
    for promised in ("products: done", "0.0385", "prices: held", "cancelled", "ACKNOWLEDGED", "confirmed"):
        assert any(line.endswith(promised) for line in said), (promised, output)
