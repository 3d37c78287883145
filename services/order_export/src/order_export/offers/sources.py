"""What catalog, pricing and accounts say about lines somebody wants, asked with the caller's token."""

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from chassis.failures import Denied, NotFound, Unauthenticated
from chassis.principal import Principal
from chassis.upstream import Upstream, UpstreamAnswer, UpstreamDown
from chassis.values import plain
from order_export.offers.account import OrderingAccount
from order_export.offers.models import Offer, Price, Product, Unit, WantedLine
from order_export.offers.quantities import Terms

_CHUNK: Final = 500
_ACCOUNT_FIELDS: Final = (
    "source", "external_id", "number", "name", "country", "block", "currency", "tax_group", "payment_terms",
    "delivery_terms", "addresses", "default_ship_to_id", "bill_to_id",
)  # fmt: skip


class OfferSources:
    """Asks the neighbours. Raises UpstreamDown when one does not answer; nothing is ever guessed."""

    def __init__(self, catalog: Upstream, pricing: Upstream, accounts: Upstream) -> None:
        self._catalog = catalog
        self._pricing = pricing
        self._accounts = accounts

    async def account(self, principal: Principal) -> OrderingAccount:
        """The caller's account, read now."""
        path = f"/internal/v1/accounts/{principal.account_id}/ordering"
        found = _content(self._accounts, await self._accounts.call("GET", path, principal=principal))
        return OrderingAccount(id=found["account_id"], **{name: found[name] for name in _ACCOUNT_FIELDS})

    async def offers(
        self, principal: Principal, wanted: Sequence[WantedLine], *, priced: bool
    ) -> list[Offer]:
        """What is offered for each wanted line, in their order.

        Prices are asked for visible products alone: an id that catalog does not show reaches pricing never.
        """
        chunks = [wanted[start : start + _CHUNK] for start in range(0, len(wanted), _CHUNK)]
        found = await asyncio.gather(*(self._chunk(principal, chunk, priced) for chunk in chunks))
        return [offer for chunk in found for offer in chunk]

    async def _chunk(self, principal: Principal, wanted: Sequence[WantedLine], priced: bool) -> list[Offer]:
        products = await self._products(principal, wanted)
        offers = [
            Offer(line, product, None if product is None else line.unit or product.sales_unit, None)
            for line, product in zip(wanted, products, strict=True)
        ]
        askable = [index for index, offer in enumerate(offers) if _askable(offer)]
        if not priced or not askable:
            return offers
        prices = await self._prices(principal, [offers[index] for index in askable])
        for index, price in zip(askable, prices, strict=True):
            offer = offers[index]
            offers[index] = Offer(offer.wanted, offer.product, offer.unit, price)
        return offers

    async def _products(self, principal: Principal, wanted: Sequence[WantedLine]) -> list[Product | None]:
        items = [{"product_id": line.product_id, "unit": line.unit} for line in wanted]
        answer = await self._catalog.call(
            "POST", "/internal/v1/products/ordering", principal=principal, json={"items": items}
        )
        return [_product(item) for item in _content(self._catalog, answer)["items"]]

    async def _prices(self, principal: Principal, offers: Sequence[Offer]) -> list[Price]:
        items = [
            {
                "product_id": offer.wanted.product_id,
                "unit": offer.unit,
                "quantity": plain(offer.wanted.quantity),
            }
            for offer in offers
        ]
        answer = await self._pricing.call(
            "POST",
            "/internal/v1/prices",
            principal=principal,
            params={"evidence": "true"},
            json={"items": items},
        )
        return [_price(item) for item in _content(self._pricing, answer)["items"]]

    async def close(self) -> None:
        """Closes the connections."""
        for upstream in (self._catalog, self._pricing, self._accounts):
            await upstream.close()


def _askable(offer: Offer) -> bool:
    return offer.product is not None and offer.unit in offer.product.units


def _content(upstream: Upstream, answer: UpstreamAnswer) -> Any:
    if answer.status == 200:
        return answer.json()
    if answer.status == 401:
        raise Unauthenticated
    if answer.status == 403:
        raise Denied
    if answer.status == 404:
        raise NotFound
    raise UpstreamDown(upstream.service)


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _product(item: Mapping[str, Any]) -> Product | None:
    sales_unit = item.get("sales_unit") or item.get("base_unit")
    # Without any unit a quantity means nothing, so such a product cannot be ordered.
    if not item["visible"] or sales_unit is None:
        return None
    base_unit = item.get("base_unit") or sales_unit
    # A packaging is counted in whole ones; what the base unit may be split into, catalog says.
    units = {
        unit["unit"]: Unit(unit["unit"], Decimal(unit["quantity_in_base_unit"]), unit.get("decimals") or 0)
        for unit in item.get("units") or ()
    }
    units[base_unit] = Unit(base_unit, Decimal(1), item.get("decimals"))
    units.setdefault(sales_unit, units[base_unit])
    terms = item.get("order_terms") or {}
    return Product(
        id=item["product_id"],
        source=item["source"],
        external_id=item["external_id"],
        description=item.get("description"),
        sales_unit=sales_unit,
        units=units,
        terms=Terms(*(_decimal(terms.get(name)) for name in ("minimum", "multiple", "maximum"))),
        tax_group=item.get("tax_group"),
    )


def _price(item: Mapping[str, Any]) -> Price:
    price = item["price"]
    if price["status"] != "priced":
        return Price(price["status"])
    return Price(
        status=price["status"],
        net_price=Decimal(price["net_price"]),
        gross_price=_decimal(price.get("gross_price")),
        discount_percent=_decimal(price.get("discount_percent")),
        base_quantity=Decimal(price["base_quantity"]),
        unit=price["unit"],
        currency=price["currency"],
        evidence=item.get("evidence"),
    )
