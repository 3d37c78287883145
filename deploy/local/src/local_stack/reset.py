"""`make reset`: forget all data of the local system."""

import shutil
import sys

from rich.console import Console

from local_stack.problems import StackError
from local_stack.processes import clear_up
from local_stack.state import exclusive, open_state, state_folder


def main() -> int:
    """Remove the state folder, unless a run is using it."""
    console = Console(soft_wrap=True)
    folder = state_folder()
    if not folder.exists():
        console.print("There is no data to forget.")
        return 0
    try:
        with exclusive(open_state(folder)):
            clear_up(folder / "processes.json")
            shutil.rmtree(folder)
    except StackError as problem:
        console.print(str(problem), style="red", markup=False)
        return 1
    console.print(f"Forgot the data in {folder}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
