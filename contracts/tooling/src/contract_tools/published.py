"""The committed contracts of a folder: where each file lies, and the file of public operations."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml

from contract_tools.documents import SURFACES, Document


@dataclass(frozen=True)
class Published:
    """The folder `contracts` of a working copy."""

    folder: Path

    @property
    def dependencies(self) -> Path:
        return self.folder / "dependencies.yaml"

    @property
    def asyncapi(self) -> Path:
        return self.folder / "events" / "asyncapi.json"

    def document(self, surface: str) -> Path:
        return self.folder / "http" / f"{surface}.v1.openapi.json"

    def documents(self) -> dict[str, Path]:
        """The document of each surface."""
        return {surface: self.document(surface) for surface in SURFACES}

    def public_operations(self) -> list[str]:
        """operationIds that need no token, each with its reason in the file."""
        entries = yaml.safe_load((self.folder / "public-operations.yaml").read_text(encoding="utf-8"))
        return list(entries or {})

    def on_main(self, surface: str) -> Document | None:
        """The document as the branch main has it, None if it has none."""
        for branch in ("main", "origin/main"):
            shown = self._git("show", f"{branch}:./http/{self.document(surface).name}")
            if shown is not None:
                document: Document = json.loads(shown)
                return document
        return None

    def is_released(self) -> bool:
        """Whether a version was released: from then on a breaking change fails."""
        return bool(self._git("tag", "--list", "v*"))

    def _git(self, *arguments: str) -> str | None:
        outcome = subprocess.run(  # noqa: S603 - git with arguments of our own
            ["git", *arguments],  # noqa: S607 - whichever git the developer has
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return outcome.stdout if outcome.returncode == 0 else None
