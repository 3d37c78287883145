"""The ERP's side, as an integration writes it: feeds master data, pulls orders, books and answers them."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import orjson

from local_stack.client import Caller, until
from local_stack.quickstart import CURRENCY, UNIT, CustomerPrice, Quickstart

SCOPES: Final = (
    "accounts:feed",
    "users:feed",
    "products:feed",
    "stock:feed",
    "prices:feed",
    "prices:resolve",
    "orders:export",
    "orders:respond",
    "imports:read",
)
ENDED: Final = ("done", "failed", "cancelled", "superseded")


@dataclass
class Booking:
    """An order as the ERP booked it."""

    erp_number: str
    order: dict[str, Any]
    deliveries: int = 1

    @property
    def amount(self) -> Decimal:
        """What the lines add up to."""
        return sum((Decimal(line["line_amount"]) for line in self.order["lines"]), Decimal(0))


def user_mail(customer: str) -> str:
    """The mail address of the customer's buyer in the demonstration."""
    return f"customer-{customer}@example.com"


@dataclass
class Erp:
    """An ERP. `booked` is its ledger, by our order number; an import may take `patience` seconds."""

    caller: Caller
    connector: str = "erp"
    patience: float = 120
    booked: dict[str, Booking] = field(default_factory=dict)

    async def feed_ndjson(
        self, resource: str, rows: Iterable[dict[str, Any]], mode: str = "full"
    ) -> dict[str, Any]:
        """Imports rows as NDJSON and waits for the run to end."""
        body = b"".join(orjson.dumps(row) + b"\n" for row in rows)
        return await self._import(resource, body, "application/x-ndjson", mode)

    async def feed_csv(
        self, resource: str, rows: Sequence[dict[str, str]], mode: str = "full"
    ) -> dict[str, Any]:
        """Imports rows as CSV and waits for the run to end."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        return await self._import(resource, text.getvalue().encode(), "text/csv", mode)

    async def _import(self, resource: str, body: bytes, media_type: str, mode: str) -> dict[str, Any]:
        run = await self.caller.call(
            "POST",
            f"/integration/v1/{resource}/imports",
            params={"mode": mode},
            content=body,
            headers={"Content-Type": media_type},
        )

        async def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = await self.caller.get(f"/integration/v1/{resource}/imports/{run['id']}")
            if found["state"] == "held":
                await self.caller.post(f"/integration/v1/{resource}/imports/{run['id']}/release")
            return found if found["state"] in ENDED else None

        result: dict[str, Any] = await until(ended, seconds=self.patience, what=f"the import of {resource}")
        if result["state"] != "done" or result["counts"]["rejected"]:
            raise RuntimeError(f"the import of {resource} ended as {result['state']}: {result}")
        return result

    async def feed_accounts(self, data: Quickstart) -> dict[str, Any]:
        """Customers, each with the address the source knows: its country."""
        run = await self.feed_csv(
            "accounts",
            [
                {
                    "external_id": customer.number,
                    "number": customer.number,
                    "name": f"Customer {customer.number}",
                    "country": customer.country,
                    "currency": CURRENCY,
                }
                for customer in data.customers
            ],
        )
        await self.feed_ndjson(
            "addresses",
            (
                {
                    "external_id": f"{customer.number}-1",
                    "account": customer.number,
                    "name": f"Customer {customer.number}",
                    "country": customer.country,
                    "bill_to": True,
                    "ship_to": True,
                    "is_default": True,
                }
                for customer in data.customers
            ),
        )
        return run

    async def feed_users(self, data: Quickstart) -> dict[str, Any]:
        """One buyer for each customer."""
        return await self.feed_ndjson(
            "users",
            (
                {
                    "external_id": f"{customer.number}-buyer",
                    "account": customer.number,
                    "email": user_mail(customer.number),
                    "role": "buyer",
                }
                for customer in data.customers
            ),
        )

    async def feed_products(self, data: Quickstart) -> dict[str, Any]:
        """Units, then products; charges of the source are no products."""
        await self.feed_ndjson(
            "units", [{"external_id": UNIT, "name": "Piece", "rec20_code": "H87", "decimals": 0}]
        )
        return await self.feed_ndjson(
            "products",
            (
                {"external_id": product.sku, "description": product.description, "base_unit": UNIT}
                for product in data.products
                if not product.is_charge
            ),
        )

    async def feed_stock(self, data: Quickstart) -> dict[str, Any]:
        """The opening stock of the month: of each product what was sold in it."""
        sold: dict[str, Decimal] = {}
        for order in data.orders:
            for line in order.lines:
                sold[line.sku] = sold.get(line.sku, Decimal(0)) + line.quantity
        rows = [
            {"product": sku, "location": "main", "quantity": str(amount)}
            for sku, amount in sorted(sold.items())
        ]
        return await self.feed_csv("stock", rows)

    async def feed_prices(self, prices: Sequence[CustomerPrice]) -> dict[str, Any]:
        """A whole price list, valid until the next one comes."""
        return await self.feed_ndjson("prices", (price_row(price) for price in prices))

    async def pull(self, limit: int = 100) -> list[Booking]:
        """Claims open orders, books each once, acknowledges; returns those of this round."""
        claimed = await self.caller.post(
            "/integration/v1/order-exports/claim",
            {"connector": self.connector, "max": limit, "lease_seconds": 60},
        )
        done = []
        for export in claimed["items"]:
            booking = self._book(export["order"])
            await self.caller.post(
                f"/integration/v1/order-exports/{export['export_id']}/acknowledge",
                {"fence": export["fence"], "erp_order_number": booking.erp_number},
            )
            done.append(booking)
        return done

    def _book(self, order: dict[str, Any]) -> Booking:
        known = self.booked.get(order["order_number"])
        if known is not None:
            known.deliveries += 1
            return known
        booking = Booking(f"ERP-{len(self.booked) + 1:06d}", order)
        self.booked[order["order_number"]] = booking
        return booking

    async def confirm(self, bookings: Sequence[Booking]) -> dict[str, Any]:
        """Answers every line of these orders as confirmed."""
        items = [
            {
                "external_id": f"{booking.erp_number}-{line['line_number']}-confirmed",
                "occurred_at": booking.order["ordered_at"],
                "order_number": booking.order["order_number"],
                "erp_order_number": booking.erp_number,
                "kind": "confirmed",
                "line_number": line["line_number"],
                "quantity": line["quantity"],
            }
            for booking in bookings
            for line in booking.order["lines"]
        ]
        answer: dict[str, Any] = {"counts": {}}
        for start in range(0, len(items), 1000):
            answer = await self.caller.post(
                "/integration/v1/order-responses", {"items": items[start : start + 1000]}
            )
        return answer


def price_row(price: CustomerPrice) -> dict[str, Any]:
    """A customer price as the price feed takes it, without dates."""
    return {
        "applies_to": {"type": "account", "external_id": price.customer},
        "target": {"type": "product", "external_id": price.sku},
        "kind": "net",
        "unit": UNIT,
        "currency": CURRENCY,
        "min_quantity": str(price.min_quantity),
        "value": str(price.price),
    }
