"""Runs a command of the product in a process that can be told to die, or to do without a protection.

    python -m tests.faults.support.mortal FOLDER NAME order_export worker

The product has no code for tests, and a kill from outside hits no exact step. So this process wraps the
functions of `STEPS` and `IMPORT_STEPS` that are its own, and looks into FOLDER as it comes by. `NAME.armed`
holds a step, a count and a signal: at that pass it writes the step into `deaths` and sends itself the signal.
`NAME.mutation` names a protection that is taken out at the start (`mutations`).
"""

import contextvars
import functools
import importlib
import inspect
import os
import runpy
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.faults.support.import_points import IMPORT_STEPS
from tests.faults.support.points import STEPS, Moment, Step

_under_way: contextvars.ContextVar[frozenset[str]] = contextvars.ContextVar("under_way", default=frozenset())


class Fate:
    """What was decided about this process, read anew at each pass."""

    def __init__(self, folder: Path, name: str) -> None:
        self._armed = folder / f"{name}.armed"
        self._deaths = folder / "deaths"
        self._told = ""
        self._passes = 0

    def passes(self, step: Step) -> None:
        """Comes by a step; does not return from the one that was chosen, or only much later."""
        if step.within is not None and step.within not in _under_way.get():
            return
        try:
            told = self._armed.read_text()
        except FileNotFoundError:
            return
        name, strike, number = told.split("\n")
        if name != step.name:
            return
        if told != self._told:
            self._told, self._passes = told, 0
        self._passes += 1
        if self._passes >= int(strike):
            self._end(step, signal.Signals(int(number)))

    def _end(self, step: Step, number: signal.Signals) -> None:
        self._armed.unlink()
        with self._deaths.open("a") as deaths:
            deaths.write(f"{step.name}\n")
        os.kill(os.getpid(), number)


def owner_of(function: str) -> tuple[Any, str]:
    """The class and the name that `module:Class.function` means."""
    module, _, path = function.partition(":")
    name, _, method = path.partition(".")
    return getattr(importlib.import_module(module), name), method


def _wrap(function: str, around: Callable[[Callable[..., Awaitable[Any]]], Callable[..., Any]]) -> None:
    owner, name = owner_of(function)
    work = getattr(owner, name)
    assert inspect.iscoroutinefunction(work), f"{function} is no coroutine function"
    setattr(owner, name, functools.wraps(work)(around(work)))


def _marked(function: str) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., Any]]:
    """Remembers while the function runs that it does."""

    def around(work: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
        async def marked(*args: Any, **named: Any) -> Any:
            token = _under_way.set(_under_way.get() | {function})
            try:
                return await work(*args, **named)
            finally:
                _under_way.reset(token)

        return marked

    return around


def _watched(step: Step, fate: Fate) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., Any]]:
    """Comes by the step before or after the function."""

    def around(work: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
        async def watched(*args: Any, **named: Any) -> Any:
            if step.moment is Moment.BEFORE:
                fate.passes(step)
            result = await work(*args, **named)
            if step.moment is Moment.AFTER:
                fate.passes(step)
            return result

        return watched

    return around


def main(folder: Path, name: str, module: str, arguments: list[str]) -> None:
    """Becomes the command, mortal."""
    mutation = folder / f"{name}.mutation"
    if mutation.exists():
        # Loaded only then: mutations know every service, and a process need only know its own.
        mutations = importlib.import_module("tests.faults.support.mutations")
        mutations.MUTATIONS[mutation.read_text()]()
    fate = Fate(folder, name)
    mine = [step for step in (*STEPS, *IMPORT_STEPS) if step.process == name]
    for step in mine:
        _wrap(step.function, _watched(step, fate))
    for function in sorted({step.within for step in mine if step.within is not None}):
        _wrap(function, _marked(function))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
