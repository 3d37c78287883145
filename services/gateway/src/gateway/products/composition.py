"""What a channel sees of products, composed: catalog decides what is visible, pricing what it costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
import structlog

from chassis.clock import Clock
from chassis.principal import Principal
from chassis.upstream import Upstream, UpstreamAnswer, UpstreamDown
from eventing.notices import NoticeSender
from gateway.errors import ProductNotFound
from gateway.events import SEARCH, VIEW, SearchNotice, ViewNotice
from gateway.products.splicing import (
    UNAVAILABLE,
    Prices,
    prices_of,
    product_ids,
    raw_items,
    with_price,
    with_prices,
)

_PRICE_SECONDS: Final = 3.0
_CHUNK: Final = 200
_PRICED_PARTS: Final = ("variants", "relations")
_log = structlog.get_logger(__name__)

Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    """A request as composition needs it: who, the query, the languages, and the path the caller sees."""

    principal: Principal
    path: str
    query: Parameters = ()
    languages: str | None = None

    def includes(self, part: str) -> bool:
        """Whether `include=` names a part."""
        return any(part in value.split(",") for name, value in self.query if name == "include")

    def without_prices(self) -> list[tuple[str, str]]:
        """The query for catalog, which knows no prices."""
        kept = []
        for name, value in self.query:
            if name == "include":
                value = ",".join(part for part in value.split(",") if part != "prices")  # noqa: PLW2901 - one value, cleaned
            if name != "include" or value:
                kept.append((name, value))
        return kept

    def single(self, name: str) -> str | None:
        """The first value of a parameter."""
        return next((value for key, value in self.query if key == name), None)


@dataclass(frozen=True)
class Composed:
    """An answer in bytes."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Composer:
    """Asks catalog, then pricing for what catalog let through, and joins their bytes."""

    def __init__(self, catalog: Upstream, pricing: Upstream, notices: NoticeSender, clock: Clock) -> None:
        self._catalog = catalog
        self._pricing = pricing
        self._notices = notices
        self._clock = clock

    async def products(self, asked: Asked) -> Composed:
        """A page of visible products. Raises UpstreamDown without catalog; without pricing it is unpriced."""
        answer = await self._ask(asked, "GET", "/internal/v1/products", params=asked.without_prices())
        if answer.status != 200:
            return relayed(answer)
        fields = answer.raw_fields()
        items = raw_items(fields["items"])
        self._note_search(asked, items, fields.get("total"))
        if asked.includes("prices"):
            fields["items"] = with_prices(items, await self._prices(asked.principal, product_ids(items)))
        headers = _kept_headers(answer) | _next_link(asked, fields.get("next_cursor"))
        return Composed(msgspec.json.encode(fields), headers=headers)

    async def product(self, asked: Asked, product_id: str) -> Composed:
        """One visible product with the parts asked for. Raises UpstreamDown, as `products` does."""
        path = f"/internal/v1/products/{product_id}"
        answer = await self._ask(asked, "GET", path, params=asked.without_prices())
        if answer.status == 404:
            raise ProductNotFound
        if answer.status != 200:
            return relayed(answer)
        self._note_view(asked, product_id)
        body = answer.body
        if asked.includes("prices"):
            body = await self._priced_product(asked.principal, answer)
        return Composed(body, headers=_kept_headers(answer))

    async def relations(self, asked: Asked, product_id: str) -> Composed:
        """What a product is related to, as a page. Raises UpstreamDown, as `products` does."""
        path = f"/internal/v1/products/{product_id}/relations"
        answer = await self._ask(asked, "GET", path, params=asked.without_prices())
        if answer.status == 404:
            raise ProductNotFound
        if answer.status != 200:
            return relayed(answer)
        fields = answer.raw_fields()
        if asked.includes("prices"):
            items = raw_items(fields["items"])
            fields["items"] = with_prices(items, await self._prices(asked.principal, product_ids(items)))
        headers = _kept_headers(answer) | _next_link(asked, fields.get("next_cursor"))
        return Composed(msgspec.json.encode(fields), headers=headers)

    async def from_catalog(self, asked: Asked, method: str, path: str, json: Any = None) -> Composed:
        """An answer of catalog alone. Raises UpstreamDown."""
        return relayed(await self._ask(asked, method, path, params=list(asked.query), json=json))

    async def prices(self, asked: Asked, items: Sequence[Mapping[str, str]]) -> Composed:
        """Prices of the visible ones among the items; the others are left out, as a list leaves them out.

        Each item has `product_id` and perhaps `unit` and `quantity`. Raises UpstreamDown without catalog.
        """
        wanted = [{key: item[key] for key in ("product_id", "unit") if key in item} for item in items]
        answer = await self._ask(asked, "POST", "/internal/v1/products/ordering", json={"items": wanted})
        if answer.status != 200:
            return relayed(answer)
        seen = {item["product_id"] for item in answer.json()["items"] if item["visible"]}
        visible = [item for item in items if item["product_id"] in seen]
        if not visible:
            return Composed(b'{"items":[]}')
        priced = await self._price(asked.principal, visible)
        if priced is None:
            return Composed(
                msgspec.json.encode({"items": [{**item, "price": UNAVAILABLE} for item in visible]})
            )
        return Composed(priced.body)

    async def _priced_product(self, principal: Principal, answer: UpstreamAnswer) -> bytes:
        fields = answer.raw_fields()
        parts = {name: raw_items(fields[name]) for name in _PRICED_PARTS if name in fields}
        whole = msgspec.Raw(answer.body)
        related = [item for items in parts.values() for item in items]
        prices = await self._prices(principal, product_ids([whole, *related]))
        for name, items in parts.items():
            fields[name] = with_prices(items, prices)
        return with_price(msgspec.Raw(msgspec.json.encode(fields)), prices)

    async def _prices(self, principal: Principal, ids: Sequence[str]) -> Prices:
        """Prices by product id; empty when pricing does not answer."""
        found: dict[str, msgspec.Raw] = {}
        for start in range(0, len(ids), _CHUNK):
            chunk = [{"product_id": product_id} for product_id in ids[start : start + _CHUNK]]
            answer = await self._price(principal, chunk)
            if answer is not None:
                found |= prices_of(answer)
        return found

    async def _price(self, principal: Principal, items: Sequence[Mapping[str, str]]) -> UpstreamAnswer | None:
        try:
            answer = await self._pricing.call(
                "POST",
                "/internal/v1/prices",
                principal=principal,
                json={"items": list(items)},
                timeout=_PRICE_SECONDS,
            )
        except UpstreamDown:
            return None
        if answer.status != 200:
            _log.warning("prices_refused", status=answer.status)
            return None
        return answer

    async def _ask(
        self,
        asked: Asked,
        method: str,
        path: str,
        *,
        params: list[tuple[str, str]] | None = None,
        json: Any = None,
    ) -> UpstreamAnswer:
        headers = {"Accept-Language": asked.languages} if asked.languages else None
        return await self._catalog.call(
            method, path, principal=asked.principal, params=params, json=json, headers=headers
        )

    def _note_search(self, asked: Asked, items: Sequence[msgspec.Raw], total: msgspec.Raw | None) -> None:
        term, principal = asked.single("q"), asked.principal
        # A further page is the same search.
        if not term or asked.single("cursor") is not None or principal.account_id is None:
            return
        notice = SearchNotice(
            user_id=principal.subject,
            account_id=principal.account_id,
            channel_id=principal.channel_id,
            term=term,
            results=len(items) if total is None else msgspec.json.decode(total, type=int),
            at=self._clock.now(),
        )
        self._notices.send(SEARCH, principal.subject, notice)

    def _note_view(self, asked: Asked, product_id: str) -> None:
        principal = asked.principal
        if principal.account_id is None:
            return
        notice = ViewNotice(
            user_id=principal.subject,
            account_id=principal.account_id,
            channel_id=principal.channel_id,
            product_id=product_id,
            at=self._clock.now(),
        )
        self._notices.send(VIEW, principal.subject, notice)


def relayed(answer: UpstreamAnswer) -> Composed:
    """Another service's answer as it stands."""
    return Composed(answer.body, answer.status, _kept_headers(answer))


def _kept_headers(answer: UpstreamAnswer) -> dict[str, str]:
    names = ("Content-Type", "Content-Language", "Retry-After", "Vary", "WWW-Authenticate")
    return {name: answer.headers[name] for name in names if name in answer.headers}


def _next_link(asked: Asked, cursor: msgspec.Raw | None) -> dict[str, str]:
    """`Link: rel="next"` (RFC 8288) under the path the caller knows."""
    following = msgspec.json.decode(cursor, type=str | None) if cursor is not None else None
    if following is None:
        return {}
    kept = [(name, value) for name, value in asked.query if name != "cursor"]
    query = urlencode([*kept, ("cursor", following)])
    return {"Link": f'<{asked.path}?{query}>; rel="next"'}
