"""`python -m gateway VERB`, and the command `gateway`."""

from typing import Final

from chassis.process import run

PROCESSES: Final = {"api": "gateway.api:serve"}


def main() -> None:
    """Become the process that the command line names."""
    run(PROCESSES)


if __name__ == "__main__":
    main()
