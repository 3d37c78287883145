"""Whether there is room on the disk for a server's data."""

import shutil
from pathlib import Path

from local_stack.problems import DiskFullError

_NEEDED_TO_START_MIB = 512
_NEEDED_TO_GO_ON_MIB = 32


def require_room(folder: Path) -> None:
    """Raise `DiskFullError` when the disk of `folder` has less than 512 MiB left."""
    free_mib = _free_mib(folder)
    if free_mib < _NEEDED_TO_START_MIB:
        raise DiskFullError(folder, free_mib)


def is_full(folder: Path) -> bool:
    """Whether so little is left that a server in `folder` cannot go on: less than 32 MiB."""
    return _free_mib(folder) < _NEEDED_TO_GO_ON_MIB


def _free_mib(folder: Path) -> int:
    return shutil.disk_usage(folder).free // 2**20
