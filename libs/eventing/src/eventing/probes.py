"""What a worker's `/readyz` says about its events."""

from chassis.health import Check, Probe, State
from eventing.worker import EventWorker


def event_probes(worker: EventWorker) -> dict[str, Probe]:
    """`outbox` and `projections`: a broker that is away degrades, a copy that never caught up fails."""

    async def outbox() -> Check:
        figures = await worker.outbox_figures()
        age = figures.oldest_unpublished_seconds or 0.0
        state = State.DEGRADED if age > 10 else State.READY
        told = {"unpublished": figures.unpublished, "oldest_unpublished_seconds": round(age, 3)}
        return Check(state, "events wait to be published" if age > 10 else "", told)

    async def projections() -> Check:
        figures = await worker.consumer_figures()
        told = {"lag": figures.lag, "parked": figures.parked}
        if not figures.caught_up:
            return Check(State.FAILED, "copies of other services' data never caught up", told)
        if figures.parked:
            return Check(State.DEGRADED, "some events are parked", told)
        return Check(State.READY, "", told)

    return {"outbox": outbox, "projections": projections}
