"""`python -m analytics VERB`, and the command `analytics`."""

from typing import Final

from chassis.process import run

PROCESSES: Final = {"api": "analytics.api:serve", "worker": "analytics.worker:work"}
UPKEEP: Final = "analytics.cli:app"


def main() -> None:
    """Become the process, or do the upkeep, that the command line names."""
    run(PROCESSES, otherwise=UPKEEP)


if __name__ == "__main__":
    main()
