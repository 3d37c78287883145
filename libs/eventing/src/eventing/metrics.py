"""Prometheus figures of a worker's events."""

from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge


class EventMetrics:
    """The figures; make one per registry and process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.oldest_unpublished = Gauge(
            "kontor_outbox_oldest_unpublished_seconds", "Age of the oldest unpublished row", registry=registry
        )
        self.unpublished = Gauge("kontor_outbox_unpublished", "Rows not yet published", registry=registry)
        self.published = Counter("kontor_relay_published", "Messages published", ["topic"], registry=registry)
        self.relay_failures = Counter(
            "kontor_relay_failures", "Messages that could not be sent", ["topic"], registry=registry
        )
        self.relay_leads = Gauge(
            "kontor_relay_leads", "1 while this worker holds the relay", registry=registry
        )
        self.applied = Counter("kontor_consumer_applied", "Messages applied", ["topic"], registry=registry)
        self.parkings = Counter("kontor_consumer_parkings", "Messages parked", ["topic"], registry=registry)
        self.lag = Gauge("kontor_consumer_lag", "Messages not yet applied by the group", registry=registry)
        self.parked = Gauge("kontor_consumer_parked_keys", "Keys that are parked", registry=registry)
        self.recreated = Counter(
            "kontor_consumer_recreated", "Consumers thrown away because they hung", registry=registry
        )
        self.notices_lost = Counter(
            "kontor_notices_lost", "Notices dropped, by declaration", ["topic"], registry=registry
        )
        self.loop_failures = Counter(
            "kontor_worker_loop_failures", "Failures of loops that go on", ["loop"], registry=registry
        )


@cache
def process_metrics() -> EventMetrics:
    """The metrics on this process's `/metrics` page; made at the first call."""
    return EventMetrics(REGISTRY)
