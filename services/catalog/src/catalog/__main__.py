"""`python -m catalog VERB`, and the command `catalog`."""

from typing import Final

from chassis.process import run

PROCESSES: Final = {"api": "catalog.api:serve", "worker": "catalog.worker:work"}
UPKEEP: Final = "catalog.cli:app"


def main() -> None:
    """Become the process, or do the upkeep, that the command line names."""
    run(PROCESSES, otherwise=UPKEEP)


if __name__ == "__main__":
    main()
