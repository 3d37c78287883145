"""Points in the code where a process can be made to die, named as `module:Class.function`."""

from dataclasses import dataclass
from enum import StrEnum


class Moment(StrEnum):
    """On which side of the function."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Step:
    """Where a process dies: before or after a function, `within` another one if it serves several.

    `name` says what has been done by then and what has not.
    """

    name: str
    process: str
    moment: Moment
    function: str
    within: str | None = None


PLACING = "order_export.orders.placing:OrderPlacing.place"
CLAIMING = "order_export.exports.pulling:PullExports.claim"
ACKNOWLEDGING = "order_export.exports.pulling:PullExports.acknowledge"
REPORTING = "order_export.exports.pushing:ExportPusher._report"
PULLER = "tests.faults.support.puller:Puller"
KEYS = "chassis.idempotency:IdempotencyKeys"
MOVES = "order_export.exports.moves:ExportMoves"
PUSHER = "order_export.exports.pushing:ExportPusher"
ERP = "order_export.connectors.client:ErpClient"
API, WORKER, ANALYTICS, ERP_WORKER = (
    "order_export-api",
    "order_export-worker",
    "analytics-worker",
    "erp-puller",
)
BEFORE, AFTER = Moment.BEFORE, Moment.AFTER

STEPS = (
    # place
    Step("key taken, nothing else", API, AFTER, f"{KEYS}.begin", PLACING),
    Step("order and export written, no event", API, AFTER, f"{MOVES}.begin", PLACING),
    Step("all written, not committed", API, AFTER, f"{KEYS}.keep", PLACING),
    Step("committed, not answered", API, AFTER, PLACING),
    # relay
    Step("read, not sent", WORKER, BEFORE, "eventing.kafka:Producer.send"),
    Step("sent, not marked", WORKER, BEFORE, "eventing.lane:Lane.mark"),
    Step("marked", WORKER, AFTER, "eventing.lane:Lane.mark"),
    # consume
    Step("polled, not applied", ANALYTICS, BEFORE, "eventing.applying:Applier.apply"),
    Step("applied, not committed", ANALYTICS, AFTER, "eventing.applying:Applier._together"),
    Step("committed, offset not", ANALYTICS, AFTER, "eventing.applying:Applier.apply"),
    Step("offset committed", ANALYTICS, AFTER, "eventing.group:GroupConsumer._commit"),
    # export, push
    Step("claimed, not sending", WORKER, BEFORE, f"{PUSHER}._send"),
    Step("sending, no byte left", WORKER, BEFORE, f"{ERP}.send"),
    Step("booked, answer not stored", WORKER, AFTER, f"{ERP}.send"),
    Step("answer written, not committed", WORKER, AFTER, f"{MOVES}.settle_order", REPORTING),
    Step("answer stored", WORKER, AFTER, REPORTING),
    Step("reconciling, not asked", WORKER, BEFORE, f"{ERP}.look_up"),
    Step("looked up, not stored", WORKER, AFTER, f"{ERP}.look_up"),
    # export, pull
    Step("handed out, not committed", API, AFTER, f"{MOVES}.move", CLAIMING),
    Step("claim committed, not answered", API, AFTER, CLAIMING),
    Step("acknowledgement written, not committed", API, AFTER, f"{MOVES}.settle_order", ACKNOWLEDGING),
    Step("acknowledgement committed, not answered", API, AFTER, ACKNOWLEDGING),
    Step("claimed by the ERP, not booked", ERP_WORKER, BEFORE, f"{PULLER}.book"),
    Step("booked by the ERP, not acknowledged", ERP_WORKER, AFTER, f"{PULLER}.book"),
    Step("acknowledged by the ERP", ERP_WORKER, AFTER, f"{PULLER}.acknowledge"),
)
"""The way of an order, from its placing to the ERP's number: every place where a crash could cost one."""
