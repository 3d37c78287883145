"""States and notices as the other services publish them, and a way to tell analytics without Kafka."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from analytics.consumers import SUBSCRIBED
from chassis.database import Database
from chassis.ids import new_id
from eventing.envelope import Arrived


def order(
    order_id: str, lines: Sequence[tuple[str, str]], *, on: str = "2026-03-01", **more: Any
) -> dict[str, Any]:
    """An order of (product id, line amount) lines."""
    return {
        "id": order_id, "order_number": f"K-{order_id}", "origin": "platform", "account_id": "acc-1",
        "channel_id": "web", "ordered_on": on, "currency": "EUR", "status": "received",
        "total": {"amount": "0", "currency": "EUR"},
        "lines": [
            {"line_number": number, "product_id": product, "line_amount": amount}
            | {"unit": "ST", "quantity": "1"}
            for number, (product, amount) in enumerate(lines, 1)
        ],
        **more,
    }  # fmt: skip


def account(account_id: str, **more: Any) -> dict[str, Any]:
    """An account."""
    return {"id": account_id, "source": "erp", "external_id": account_id.upper(), "block": "none", **more}


def user(user_id: str, account_id: str, **more: Any) -> dict[str, Any]:
    """A user."""
    return {"id": user_id, "account_id": account_id, "login_id": "l", "role_id": "r", **more}


def product(product_id: str, categories: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """A product."""
    return {
        "id": product_id, "external_id": product_id.upper(), "category_ids": list(categories),
        "lifecycle": "active", "placeholder": False, "completeness": {}, **more,
    }  # fmt: skip


def category(category_id: str) -> dict[str, Any]:
    """A category."""
    return {"id": category_id, "code": f"code-{category_id}", "names": {"en": category_id}}


def feed(feed_id: str, **more: Any) -> dict[str, Any]:
    """A feed."""
    return {
        "id": feed_id, "source": "erp", "resource": "prices", "scope": "", "mode": "full", "state": "done",
        "counts": {"created": 3}, "data_as_of": None, "finished_at": "2026-03-02T08:00:00Z", **more,
    }  # fmt: skip


async def tell(
    database: Database, topic: str, *values: Mapping[str, Any], version: int = 1, deleted: bool = False
) -> None:
    """Applies values of a topic as the worker does, in one transaction."""
    (subscription,) = [found for found in SUBSCRIBED if found.topic == topic]
    arrived = [
        Arrived(
            key=str(value.get("id", "")),
            version=version,
            value=None if deleted else subscription.model.model_validate(value),
            id=new_id(),
            time=datetime.now(UTC),
        )
        for value in values
    ]
    async with database.transaction() as tx:
        await subscription.apply(tx, arrived)
