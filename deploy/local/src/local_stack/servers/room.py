"""Whether there is room on the disk for a server's data."""

import shutil
from pathlib import Path

from local_stack.problems import DiskFullError

_NEEDED_MIB = 512


def require_room(folder: Path) -> None:
    """Raise `DiskFullError` when the disk of `folder` has less than 512 MiB left."""
    free_mib = shutil.disk_usage(folder).free // 2**20
    if free_mib < _NEEDED_MIB:
        raise DiskFullError(folder, free_mib)
