"""A blocked account is out everywhere at once, also while a large import is being published."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import httpx
import orjson

from eventing.lane import ROUND
from local_stack.client import until
from tests.support.shop import PASSWORD, Shop, open_shop
from tests.support.system import System

ROWS = 50_000
# The promise is a second; test machines are shared, and the order of events below does not depend on it.
BOUND = 5.0
WAITING = 20_000
# The mutation: what is urgent is written as if it were not.
NO_LANE = """
CREATE FUNCTION no_lane() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NEW.urgent := false; RETURN NEW; END $$;
CREATE TRIGGER no_lane BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION no_lane();
"""
Attempt = Callable[[], Awaitable[httpx.Response]]


@asynccontextmanager
async def _outbox(system: System) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(system.stack.database_url(system.stack.by_name["accounts"]))
    try:
        yield connection
    finally:
        await connection.close()


async def _of_accounts(outbox: asyncpg.Connection) -> tuple[int, int]:
    """How many states of accounts were written, and how many of them wait to be published."""
    ((written, waiting),) = await outbox.fetch(
        "SELECT count(*), count(*) FILTER (WHERE published_at IS NULL)"
        " FROM outbox WHERE topic = 'accounts.account'"
    )
    return written, waiting


def _attempts(shop: Shop) -> dict[str, Attempt]:
    """Everything the account's user may try; the refresh token stays good for its successor's grace."""
    user, send = shop.user, shop.system.platform.send
    credentials = {"email": shop.email, "password": PASSWORD, "channel": shop.code}
    refresh = {"refresh_token": user.answer["refresh_token"]}
    lines = {"lines": [{"product_id": shop.product_ids[0], "quantity": "1"}]}
    key = {"Idempotency-Key": "while it is blocked"}
    return {
        "me": lambda: user.send("GET", "/v1/me"),
        "products": lambda: user.send("GET", "/v1/products"),
        "product": lambda: user.send("GET", f"/v1/products/{shop.product_ids[0]}"),
        "suggestions": lambda: user.send("GET", "/v1/search-suggestions", params={"q": "product"}),
        "carts": lambda: user.send("GET", "/v1/carts"),
        "orders": lambda: user.send("GET", "/v1/orders"),
        "ordering": lambda: user.send("POST", "/v1/orders", json=lines, headers=key),
        "login": lambda: send("POST", "/v1/login", json=credentials),
        "refresh": lambda: send("POST", "/v1/login/refresh", json=refresh),
    }


async def _refused(name: str, attempt: Attempt, since: float) -> tuple[str, float]:
    """When an attempt was refused, in seconds after `since`, and that it stays so."""
    while (answer := await attempt()).status_code < 400:
        assert time.perf_counter() < since + 4 * BOUND, f"{name} still answers {answer.status_code}"
        await asyncio.sleep(0.01)
    after = time.perf_counter() - since
    for _ in range(3):
        answer = await attempt()
        assert answer.status_code in (401, 403), f"{name}: {answer.status_code} {answer.text}"
    return name, after


async def _start_import(shop: Shop) -> str:
    # Of the shop's group, so that no catalogue given to everybody later moves all of them once more.
    rows = (
        {"external_id": f"bulk-{number}", "name": "Bulk", "currency": "EUR", "customer_group": shop.code}
        for number in range(ROWS)
    )
    run = await shop.client.call(
        "POST",
        "/integration/v1/accounts/imports",
        content=b"\n".join(map(orjson.dumps, rows)),
        headers={"Content-Type": "application/x-ndjson"},
    )
    return f"/integration/v1/accounts/imports/{run['id']}"


async def _block(shop: Shop, grade: str) -> None:
    await shop.staff.change(f"/admin/v1/accounts/{shop.account_id}", {"platform_block": grade})


async def test_a_blocked_account_is_out_while_an_import_is_being_published(system: System) -> None:
    shop = await open_shop(system)
    attempts = _attempts(shop)
    for name, attempt in attempts.items():
        answer = await attempt()
        assert answer.status_code < 300, f"{name}: {answer.text}"

    async with _outbox(system) as outbox:
        before = await _of_accounts(outbox)
        run = await _start_import(shop)

        async def under_way() -> bool:
            written, _ = await _of_accounts(outbox)
            return written > before[0] + 3_000

        await until(under_way, what="the import to be under way")
        asked = time.perf_counter()
        await _block(shop, "access")
        blocked = time.perf_counter()
        found = await asyncio.gather(*(_refused(name, each, blocked) for name, each in attempts.items()))
        state = (await shop.client.get(run))["state"]
        written, waiting = await _of_accounts(outbox)

        figures = ", ".join(f"{name} {after * 1000:.0f} ms" for name, after in found)
        print(  # noqa: T201 - what was measured
            f"the block was answered after {(blocked - asked) * 1000:.0f} ms, then out: {figures};"
            f" by then {written - before[0]} of {ROWS} accounts were written, {waiting} of them not published"
        )
        # It was not the end of the import that let the block through.
        assert "applying" == state
        assert written - before[0] < ROWS
        assert max(after for _, after in found) < BOUND, figures

        async def through() -> bool:
            return (await _of_accounts(outbox)) == (before[0] + ROWS + 1, 0)

        # With the one of the block itself: nothing of the import was lost on the way.
        await until(through, seconds=180, what="the import to be published")


async def _pile_up(outbox: asyncpg.Connection) -> None:
    """Leaves many states of accounts to be published once more, which does no harm."""
    await outbox.execute(
        "UPDATE outbox SET published_at = NULL WHERE id IN"
        " (SELECT id FROM outbox WHERE topic = 'accounts.account' ORDER BY id LIMIT $1)",
        WAITING,
    )


async def _out_after(system: System, outbox: asyncpg.Connection, shop: Shop) -> tuple[float, int]:
    """Logs in, blocks behind what waits: seconds until the user is out, and what still waits then."""
    await _block(shop, "none")
    user = await system.platform.user(shop.email, PASSWORD, shop.code)

    async def is_in() -> bool:
        return (await user.send("GET", "/v1/me")).status_code == 200

    await until(is_in, what="the user to be in")
    await _pile_up(outbox)
    await _block(shop, "access")
    blocked = time.perf_counter()

    async def is_out() -> bool:
        return not await is_in()

    await until(is_out, seconds=120, what="the user to be out")
    return time.perf_counter() - blocked, (await _of_accounts(outbox))[1]


async def test_a_block_overtakes_what_waits_and_would_not_without_its_lane(system: System) -> None:
    shop = await open_shop(system)
    async with _outbox(system) as outbox:
        if (await _of_accounts(outbox))[0] < WAITING:
            await _start_import(shop)

        async def ready() -> bool:
            written, waiting = await _of_accounts(outbox)
            return written >= WAITING and waiting == 0

        await until(ready, seconds=180, what="states of accounts to be there")
        after, waiting = await _out_after(system, outbox, shop)
        assert waiting > ROUND
        await until(ready, seconds=180, what="all of it to be published")
        await outbox.execute(NO_LANE)
        try:
            without_after, without_waiting = await _out_after(system, outbox, shop)
        finally:
            await outbox.execute("DROP TRIGGER no_lane ON outbox; DROP FUNCTION no_lane")
        print(  # noqa: T201 - what was measured
            f"out after {after * 1000:.0f} ms with {waiting} waiting;"
            f" without its lane after {without_after * 1000:.0f} ms with {without_waiting} waiting"
        )
        # All of it went before; what Kafka has of the last round is marked a moment later.
        assert without_waiting <= ROUND
        assert after < BOUND
