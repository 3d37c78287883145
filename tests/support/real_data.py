"""Real data that is too large for the repository, in a directory beside it."""

import os
from pathlib import Path
from typing import Final

import pytest

from local_stack.state import REPOSITORY

VARIABLE: Final = "KONTOR_DATA"


def data_set(name: str) -> Path:
    """The folder of a set. Where it is absent, the test that asks says so and does not run."""
    root = Path(os.environ.get(VARIABLE) or REPOSITORY.parent / "shared" / "data")
    if not (root / name).is_dir():
        pytest.skip(f"there is no {name} in {root}: set {VARIABLE} to the directory of the real data")
    return root / name
