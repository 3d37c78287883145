"""catalog, pricing and accounts as far as order_export asks them: a server that speaks their contract."""

from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis.ids import new_id


@dataclass
class Neighbours:
    """What the neighbours would say; a test changes it and orders again."""

    url: str = ""
    products: dict[str, dict[str, Any]] = field(default_factory=dict)
    prices: dict[str, str] = field(default_factory=dict)
    price_units: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    priced_ids: list[str] = field(default_factory=list)

    def reset(self) -> None:
        """Forgets everything."""
        for known in (
            self.products,
            self.prices,
            self.price_units,
            self.accounts,
            self.down,
            self.priced_ids,
        ):
            known.clear()

    def add_product(self, price: str | None = "10", **changes: Any) -> str:
        """A product everybody sees, sold in pieces and boxes of 12."""
        product_id = new_id()
        self.products[product_id] = {
            "product_id": product_id,
            "visible": True,
            "source": "erp",
            "external_id": f"SKU-{len(self.products) + 1}",
            "description": "A thing",
            "base_unit": "PCE",
            "sales_unit": "PCE",
            "decimals": 0,
            "units": [{"unit": "BOX", "quantity_in_base_unit": "12", "gtin": None}],
            "order_terms": {"minimum": None, "multiple": None, "maximum": None},
            "tax_group": "HIGH",
            "discount_group": None,
            "lifecycle": "active",
            **changes,
        }
        if price is not None:
            self.prices[product_id] = price
        return product_id

    def add_account(self, **changes: Any) -> str:
        """An account with one address."""
        account_id = new_id()
        address = {
            "id": new_id(),
            "external_id": "A1",
            "bill_to": True,
            "ship_to": True,
            "is_default": True,
            "name": "Store",
            "attention": None,
            "street": "Kade 1",
            "postal_code": "1011",
            "city": "Amsterdam",
            "region": None,
            "country": "NL",
        }
        self.accounts[account_id] = {
            "account_id": account_id,
            "source": "erp",
            "external_id": f"C{len(self.accounts) + 1}",
            "number": "1001",
            "name": "Customer",
            "country": "NL",
            "block": "none",
            "currency": "EUR",
            "tax_group": "NL",
            "payment_terms": "30D",
            "delivery_terms": "DAP",
            "addresses": [address],
            "default_ship_to_id": address["id"],
            "bill_to_id": address["id"],
            **changes,
        }
        return account_id


def app_of(neighbours: Neighbours) -> Starlette:
    """The three services in one app; their paths do not overlap."""

    async def ordering(request: Request) -> Response:
        if "catalog" in neighbours.down:
            return Response(status_code=503)
        wanted = (await request.json())["items"]
        hidden = [{"product_id": item["product_id"], "visible": False} for item in wanted]
        found = [
            neighbours.products.get(item["product_id"], no) for item, no in zip(wanted, hidden, strict=True)
        ]
        return JSONResponse({"items": found})

    async def prices(request: Request) -> Response:
        if "pricing" in neighbours.down:
            return Response(status_code=503)
        return JSONResponse(
            {"items": [_priced(neighbours, item) for item in (await request.json())["items"]]}
        )

    async def account(request: Request) -> Response:
        if "accounts" in neighbours.down:
            return Response(status_code=503)
        found = neighbours.accounts.get(request.path_params["account_id"])
        return JSONResponse(found) if found else Response(status_code=404)

    return Starlette(
        routes=[
            Route("/internal/v1/products/ordering", ordering, methods=["POST"]),
            Route("/internal/v1/prices", prices, methods=["POST"]),
            Route("/internal/v1/accounts/{account_id}/ordering", account),
        ]
    )


def _priced(neighbours: Neighbours, item: dict[str, Any]) -> dict[str, Any]:
    product_id = item["product_id"]
    neighbours.priced_ids.append(product_id)
    net_price = neighbours.prices.get(product_id)
    if net_price is None:
        return {**item, "price": {"status": "on_request"}}
    price = {
        "status": "priced",
        "net_price": net_price,
        "gross_price": None,
        "discount_percent": None,
        "base_quantity": "1",
        "unit": neighbours.price_units.get(product_id, item["unit"]),
        "currency": "EUR",
        "price_breaks": [],
    }
    return {**item, "price": price, "evidence": {"price_row_id": f"row-{product_id}", "agreement": "all"}}
