"""`python -m order_export VERB`, and the command `order_export`."""

from typing import Final

from chassis.process import run

PROCESSES: Final = {"api": "order_export.api:serve", "worker": "order_export.worker:work"}
UPKEEP: Final = "order_export.cli:app"


def main() -> None:
    """Become the process, or do the upkeep, that the command line names."""
    run(PROCESSES, otherwise=UPKEEP)


if __name__ == "__main__":
    main()
