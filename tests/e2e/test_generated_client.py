"""The channel contract as strangers use it: an untouched public generator makes a client that orders."""

import importlib
import os
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from local_stack.child import run_once
from local_stack.state import REPOSITORY
from tests.support.shop import PASSWORD, PRICE, open_shop
from tests.support.system import System

PACKAGE = "generated_channel_client"
CONTRACT = REPOSITORY / "contracts/http/channel.v1.openapi.json"


class Generated:
    """The generated package; its modules by name."""

    def module(self, name: str) -> ModuleType:
        """`api.orders.place_order`, `models`, …"""
        return importlib.import_module(f"{PACKAGE}.{name}")

    async def call(self, operation: str, client: Any, **arguments: Any) -> Any:
        """The parsed answer of an operation, such as `orders.place_order`."""
        return await self.module(f"api.{operation}").asyncio(client=client, **arguments)


@pytest.fixture
def generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Generated]:
    """Generated from the contract, imported from a folder of the test."""
    tools = str(Path(sys.executable).parent)
    argv = [f"{tools}/openapi-python-client", "generate", "--path", str(CONTRACT), "--meta", "none"]
    argv += ["--output-path", str(tmp_path / PACKAGE), "--fail-on-warning"]
    # It formats what it made with ruff, if it finds it.
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    said = run_once("openapi-python-client", argv, env={"PATH": path})
    assert "Warning" not in said
    monkeypatch.syspath_prepend(tmp_path)
    yield Generated()
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


async def test_a_generated_client_logs_in_lists_products_and_orders(
    system: System, generated: Generated
) -> None:
    shop = await open_shop(system)
    models = generated.module("models")
    connecting = generated.module("client")

    async with connecting.Client(base_url=system.gateway) as stranger:
        login = models.LoginRequest(email=shop.email, password=PASSWORD, channel=shop.code)
        session = await generated.call("sessions.log_in", stranger, body=login)
    assert isinstance(session, models.TokenAnswer)

    token = session.access_token
    async with connecting.AuthenticatedClient(base_url=system.gateway, token=token) as user:
        page = await generated.call("products.list_products", user, include="prices")
        assert set(shop.product_ids) == {item.id for item in page.items}
        assert {Decimal(PRICE)} == {Decimal(item.price.net_price) for item in page.items}

        line = models.OrderLineWrite(product_id=page.items[0].id, quantity="3", expected_net_price=PRICE)
        order = models.OrderWrite(lines=[line], customer_reference="made by a generator")
        receipt = await generated.call("orders.place_order", user, body=order, idempotency_key=shop.code)
        assert isinstance(receipt, models.OrderReceipt)
        placed = await generated.call("orders.get_order", user, order_id=receipt.id)
        assert ("made by a generator", "37.50") == (placed.customer_reference, placed.total.amount)

        # A refusal is parsed as well: the same key for another order.
        another = models.OrderWrite(lines=[line])
        refused = await generated.call("orders.place_order", user, body=another, idempotency_key=shop.code)
        assert isinstance(refused, models.ProblemDocument)
        assert "idempotency_key_reused" == refused.code
