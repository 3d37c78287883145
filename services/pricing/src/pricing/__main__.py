"""`python -m pricing VERB`, and the command `pricing`."""

from typing import Final

from chassis.process import run

PROCESSES: Final = {"api": "pricing.api:serve", "worker": "pricing.worker:work"}
UPKEEP: Final = "pricing.cli:app"


def main() -> None:
    """Become the process, or do the upkeep, that the command line names."""
    run(PROCESSES, otherwise=UPKEEP)


if __name__ == "__main__":
    main()
