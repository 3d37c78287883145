"""Import runs: what one is, its states, and which changes of state there are."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from chassis.database import Transaction
from chassis.failures import Conflict, NotFound


class Mode(StrEnum):
    """What a run does with the rows it does not name."""

    DELTA = "delta"  # leaves them
    FULL = "full"  # discontinues them, within its source and scope
    PREVIEW = "preview"  # only says what would change


class State(StrEnum):
    """Where a run stands."""

    RECEIVING = "receiving"
    STAGED = "staged"
    VALIDATING = "validating"
    HELD = "held"
    APPLYING = "applying"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


WORKABLE = (State.STAGED, State.VALIDATING, State.APPLYING)
ENDED = (State.DONE, State.FAILED, State.CANCELLED, State.SUPERSEDED)

COUNTS = (
    "lines", "staged", "created", "updated", "unchanged", "discontinued", "skipped_newer", "rejected",
    "warnings", "unresolved",
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One feed received. `full` says whether it discontinues (a preview: whether it would)."""

    id: str
    received: int
    resource: str
    client: str
    source: str
    scope: str
    mode: Mode
    full: bool
    state: State
    reason: Mapping[str, Any] | None
    profile: Mapping[str, Any] | None
    released_by: str | None
    keys_unreadable: int
    counts: Mapping[str, int]
    notes: list[Mapping[str, Any]]
    progress: Mapping[str, Any]
    created_at: datetime
    received_at: datetime | None
    finished_at: datetime | None
    data_as_of: datetime | None
    attempts: int


OnRunChanged = Callable[[Transaction, Run], Awaitable[None]]
"""Called in the transaction that changed a run's state; the service writes its feed event there."""


class Lane(NamedTuple):
    """A range of a run's keys, merged chunk by chunk: after a (key, line) up to a key, that included."""

    key: str
    line: int
    until: str


class RunNotFound(NotFound):
    """There is no such run, or it is another client's."""

    code = "import_not_found"
    title = "There is no such import run"


class RunNotHeld(Conflict):
    """Only a held run can be released or cancelled."""

    code = "import_not_held"
    title = "The import run is not held"

    def __init__(self, state: str) -> None:
        super().__init__(f"its state is {state}", extra={"state": state})
