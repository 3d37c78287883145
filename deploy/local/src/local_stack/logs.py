"""`make logs`: follow the logs of the running system."""

import os
import shutil
import sys

from rich.console import Console

from local_stack.state import state_folder


def main() -> int:
    """Become `tail -F` over all log files; returns, with 1, only if there is nothing to follow."""
    logs = sorted(map(str, (state_folder() / "logs").glob("*.log")))
    program = shutil.which("tail")
    if logs and program is not None:
        os.execv(program, ["tail", "-n", "5", "-F", *logs])  # noqa: S606 - our own words, no shell
    Console().print("There are no logs yet: `make run` writes them.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
