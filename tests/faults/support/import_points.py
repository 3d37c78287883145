"""Points in the way of an import run at which a process can be made to die, state by state."""

from typing import Final

from tests.faults.support.points import AFTER, BEFORE, Step

IMPORT_API, IMPORT_WORKER = "catalog-api", "catalog-worker"
WORK, MERGE, RECEIVER = "feeds.runner:_Work", "feeds.merge:Merge", "feeds.receiver:Receiver"

RECEIVING: Final = (
    Step("receiving: a block staged", IMPORT_API, AFTER, f"{RECEIVER}._write"),
    Step("receiving: all staged, not said", IMPORT_API, BEFORE, f"{RECEIVER}._finish"),
)
"""Here the upload dies with its receiver: nobody was promised anything, and it is sent again."""

PROMISED: Final = (
    Step("staged: not answered", IMPORT_API, AFTER, f"{RECEIVER}._finish"),
    Step("staged: taken, nothing else", IMPORT_WORKER, BEFORE, f"{WORK}._begin"),
    Step("validating: not measured", IMPORT_WORKER, BEFORE, f"{WORK}._validate"),
    Step("validating: measured, not committed", IMPORT_WORKER, AFTER, f"{WORK}._validate"),
    Step("held: released, not answered", IMPORT_API, AFTER, "feeds.desk:Feeds.release"),
    Step("applying: before a chunk", IMPORT_WORKER, BEFORE, f"{WORK}._chunk"),
    Step("applying: chunk merged, not counted", IMPORT_WORKER, AFTER, f"{MERGE}.apply_staged"),
    Step("applying: chunk counted, not committed", IMPORT_WORKER, AFTER, f"{WORK}._chunk"),
    Step("applying: a step committed", IMPORT_WORKER, AFTER, f"{WORK}._again"),
    Step("discontinuing: before a chunk", IMPORT_WORKER, BEFORE, f"{MERGE}.discontinue_missing"),
    Step("discontinuing: chunk marked, not committed", IMPORT_WORKER, AFTER, f"{MERGE}.discontinue_missing"),
    Step("applying: all done, not said", IMPORT_WORKER, BEFORE, f"{WORK}._done"),
)
"""From here on the run goes on by itself, whoever dies."""

STRIKES: Final = {
    "applying: before a chunk": 2,
    "applying: chunk merged, not counted": 2,
    "applying: chunk counted, not committed": 3,
    # Two steps before the run is held and two after its release, then chunks.
    "applying: a step committed": 6,
    "discontinuing: before a chunk": 2,
    "discontinuing: chunk marked, not committed": 2,
}
"""Which pass kills where it is not the first: in the middle of several chunks."""

IMPORT_STEPS: Final = (*RECEIVING, *PROMISED)
