"""`python -m accounts VERB`, and the command `accounts`."""

from typing import Final

from chassis.process import run

PROCESSES: Final = {"api": "accounts.api:serve", "worker": "accounts.worker:work"}
UPKEEP: Final = "accounts.cli:app"


def main() -> None:
    """Become the process, or do the upkeep, that the command line names."""
    run(PROCESSES, otherwise=UPKEEP)


if __name__ == "__main__":
    main()
