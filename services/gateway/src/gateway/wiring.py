"""The composition of the gateway: every part constructed once, by hand, and found by routes as `Wired`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from chassis.clock import Clock
from chassis.tokens import FetchedKeys, JwksFetch
from chassis.upstream import RetryBudget, Upstream, UpstreamDown
from eventing.envelope import Arrived
from eventing.follower import TopicFollower
from eventing.metrics import EventMetrics, process_metrics
from eventing.notices import NoticeSender
from eventing.topics import topic_files
from gateway import events
from gateway.admission.limits import Buckets, Policies
from gateway.admission.origins import Origins
from gateway.admission.revocations import Ask, Revocations, WatchedVerifier, Watermarks
from gateway.consumers import CHANNEL, REVOCATION, ChannelSeen, RevocationSeen
from gateway.imports.merging import ImportRuns
from gateway.passing.table import RouteTable
from gateway.products.composition import Composer
from gateway.settings import GatewaySettings


@dataclass(frozen=True)
class Wiring:
    """What routes, middleware and loops call."""

    upstreams: Mapping[str, Upstream]
    table: RouteTable
    verifier: WatchedVerifier
    revocations: Revocations
    revocation_follower: TopicFollower[RevocationSeen]
    channel_follower: TopicFollower[ChannelSeen]
    origins: Origins
    policies: Policies
    buckets: Buckets
    notices: NoticeSender
    metrics: EventMetrics
    composer: Composer
    import_runs: ImportRuns


def wire(settings: GatewaySettings, table: RouteTable, clock: Clock) -> Wiring:
    """Constructs the graph; nothing connects yet."""
    upstreams = {
        name: Upstream(name, url, retries=RetryBudget())
        for name, url in {
            "accounts": settings.accounts_url,
            "catalog": settings.catalog_url,
            "pricing": settings.pricing_url,
            "order_export": settings.order_export_url,
            "analytics": settings.analytics_url,
        }.items()
    }
    marks, origins = Watermarks(), Origins(settings.admin_origins)
    follower = REVOCATION.follower(settings.kafka_bootstrap, _into(marks))
    revocations = Revocations(marks, follower, _asking(upstreams["accounts"]), clock)
    metrics = process_metrics()
    topics = topic_files(settings.contracts_dir, owner="gateway")
    notices = NoticeSender(settings.kafka_bootstrap, events.SOURCE, clock, metrics, topics=topics)
    return Wiring(
        upstreams=upstreams,
        table=table,
        verifier=WatchedVerifier(
            FetchedKeys(_key_fetch(upstreams["accounts"])), settings.token_issuer, clock, revocations
        ),
        revocations=revocations,
        revocation_follower=follower,
        channel_follower=CHANNEL.follower(settings.kafka_bootstrap, origins.on_channel),
        origins=origins,
        policies=Policies.of(settings),
        buckets=Buckets(),
        notices=notices,
        metrics=metrics,
        composer=Composer(upstreams["catalog"], upstreams["pricing"], notices, clock),
        import_runs=ImportRuns(
            [upstreams[name] for name in ("accounts", "catalog", "pricing", "order_export")]
        ),
    )


def _into(marks: Watermarks) -> Callable[[Arrived[RevocationSeen]], None]:
    def put(arrived: Arrived[RevocationSeen]) -> None:
        # A deleted one says nothing: tokens that old have ended by themselves.
        if arrived.value is not None:
            marks.put(arrived.value)

    return put


def _asking(accounts: Upstream) -> Ask:
    async def ask(since: int) -> tuple[list[RevocationSeen], int]:
        answer = await accounts.call("GET", "/internal/v1/revocations", params={"since": str(max(since, 0))})
        if answer.status != 200:
            raise UpstreamDown(accounts.service)
        content = answer.json()
        return [RevocationSeen.model_validate(item) for item in content["items"]], int(content["now"])

    return ask


def _key_fetch(accounts: Upstream) -> JwksFetch:
    async def fetch() -> dict[str, Any]:
        answer = await accounts.call("GET", "/.well-known/jwks.json")
        if answer.status != 200:
            raise UpstreamDown(accounts.service)
        document: dict[str, Any] = answer.json()
        return document

    return fetch


async def _wired(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wired)]
