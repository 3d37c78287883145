"""Decides when processes of the running platform die, and which protection they do without."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIGKILL, Signals

from local_stack.child import Child
from local_stack.client import until
from tests.faults.support.points import Step
from tests.support.system import System


@dataclass(frozen=True)
class Fates:
    """The folder through which mortal processes are told what happens to them."""

    folder: Path

    def dress(self, child: Child) -> Child:
        """The process, mortal."""
        python, _, *command = child.argv
        argv = [python, "-m", "tests.faults.support.mortal", str(self.folder), child.name, *command]
        return replace(child, argv=argv)

    def arm(self, step: Step, strike: int, number: Signals = SIGKILL) -> None:
        """Lets the step's process die, or stop, when it comes by for the `strike`-th time."""
        # Renamed, so that it is never seen half written.
        draft = self.folder / f"{step.process}.draft"
        draft.write_text(f"{step.name}\n{strike}\n{number.value}")
        draft.rename(self.folder / f"{step.process}.armed")

    def deaths(self) -> Counter[str]:
        """How often a process died at each step, as it wrote down itself."""
        record = self.folder / "deaths"
        return Counter(record.read_text().splitlines() if record.exists() else [])

    async def death(self, child: Child, step: Step, strike: int) -> None:
        """Arms, and returns when the process has died there by its own hand."""
        before = self.deaths()[step.name]
        self.arm(step, strike)

        async def dead() -> bool:
            return not child.alive

        try:
            await until(dead, seconds=600, what=f"{child.name} to die: {step.name}")
        finally:
            (self.folder / f"{step.process}.armed").unlink(missing_ok=True)
        assert -SIGKILL == child.exit_code, child.tail()
        assert before + 1 == self.deaths()[step.name], f"{child.name} did not die at: {step.name}"

    @asynccontextmanager
    async def mutated(self, system: System, mutation: str, *names: str) -> AsyncIterator[None]:
        """Runs processes without a protection; afterwards they have it again."""
        for name in names:
            (self.folder / f"{name}.mutation").write_text(mutation)
        async with system.without(*names):
            pass
        try:
            yield
        finally:
            for name in names:
                (self.folder / f"{name}.mutation").unlink()
            async with system.without(*names):
                pass
