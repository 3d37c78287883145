"""The ERPs of the fault tests, each a process with a ledger on disk."""

import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_stack.child import Child
from local_stack.client import until
from local_stack.erp import SCOPES
from local_stack.ports import LOOPBACK, free_port, is_free
from local_stack.state import REPOSITORY
from tests.faults.support.erp_server import SETTLE_SECONDS, TIMEOUT_SECONDS
from tests.faults.support.ledger import Ledger
from tests.support.shop import Shop


@dataclass(frozen=True)
class PushedErp:
    """An ERP that takes orders over HTTP (`erp_server`)."""

    child: Child
    ledger: Ledger
    url: str

    def behave(self, behaviour: str) -> None:
        """How it treats orders from now on."""
        draft = self.ledger.path.with_suffix(".draft")
        draft.write_text(behaviour)
        draft.rename(self.ledger.path.with_suffix(".behaviour"))

    def settings(self, *, looks_up: bool, settle_seconds: int = SETTLE_SECONDS) -> dict[str, Any]:
        """A connector that pushes to it; it never deduplicates."""
        push = {
            "url": f"{self.url}/orders",
            "number_pointer": "/number",
            "timeout_seconds": TIMEOUT_SECONDS,
            "settle_seconds": settle_seconds,
        }
        if looks_up:
            push |= {"lookup_url": f"{self.url}/orders/{{order_number}}", "lookup_pointer": "/number"}
        return {
            "protocol": "push",
            "looks_up": looks_up,
            "lease_seconds": 10,
            "max_attempts": 1000,
            "push": push,
        }


@asynccontextmanager
async def pushed_erp(folder: Path, behaviour: str) -> AsyncIterator[PushedErp]:
    """An ERP that takes orders over HTTP, running."""
    port = free_port()
    ledger = Ledger(folder / "pushed.ledger")
    argv = [sys.executable, "-m", "tests.faults.support.erp_server", str(port), str(ledger.path)]
    child = Child("erp-server", argv, folder / "erp-server.log", dict(os.environ), cwd=REPOSITORY)
    erp = PushedErp(child, ledger, f"http://{LOOPBACK}:{port}")
    erp.behave(behaviour)
    child.start()
    try:

        async def listens() -> bool:
            return not is_free(port)

        await until(listens, what="the ERP to listen")
        yield erp
    finally:
        child.kill()


async def pulling_erp(
    shop: Shop, folder: Path, dress: Callable[[Child], Child], *, name: str = "erp-puller"
) -> tuple[Child, Ledger]:
    """An ERP's worker that pulls the shop's orders (`puller`), not started yet; whoever starts it ends it."""
    ledger = Ledger(folder / "pulled.ledger")
    code = f"{shop.code}-{name}"
    body = {"code": code, "name": code, "scopes": list(SCOPES), "source": shop.code}
    secret = (await shop.staff.post("/admin/v1/clients", body))["secret"]
    told = {
        "ERP_GATEWAY": shop.system.gateway,
        "ERP_LEDGER": str(ledger.path),
        "ERP_CONNECTOR": shop.code,
        "ERP_CLIENT": code,
        "ERP_SECRET": secret,
    }
    argv = [sys.executable, "-m", "tests.faults.support.pull"]
    environment = {**os.environ, **told, "PYTHONUNBUFFERED": "1"}
    child = Child(name, argv, folder / f"{name}.log", environment, cwd=REPOSITORY)
    return dress(child), ledger
