"""Speaking HTTP and JSON with an ERP, and saying honestly what is known afterwards."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from chassis.clock import Clock
from order_export.connectors.addresses import AddressGuard, AddressRefused
from order_export.connectors.mapping import erp_number, render
from order_export.connectors.models import Connector, Push
from order_export.connectors.secrets import SecretBox

_NOT_TAKEN = frozenset({401, 403, 404, 405, 407, 408, 425, 429, 503})
_LONGEST_ANSWER = 4096


@dataclass(frozen=True, slots=True)
class Taken:
    """The ERP has the order under this number."""

    erp_order_number: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The ERP read the order and does not take it."""

    reasons: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class NotSent:
    """The ERP certainly does not have the order: no byte left, or it said so; later may go well."""

    why: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Bytes left, and what became of them is not known."""

    why: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The ERP was asked and does not have the order."""


Outcome = Taken | Refused | NotSent | Lost
Finding = Taken | Absent | Lost


def erp_http() -> httpx.AsyncClient:
    """Connections to ERPs."""
    return httpx.AsyncClient(
        # The guard resolves, so a proxy from the environment or a redirect would undo it.
        follow_redirects=False,
        trust_env=False,
        # A connection for each call: on one that is used again, a second answer to the order before would
        # pass for the answer to the next one.
        limits=httpx.Limits(max_keepalive_connections=0),
    )


class ErpClient:
    """Sends orders to push connectors and looks them up. Never raises for what the other side does."""

    def __init__(
        self, http: httpx.AsyncClient, guard: AddressGuard, secrets: SecretBox, clock: Clock
    ) -> None:
        self._http = http
        self._guard = guard
        self._secrets = secrets
        self._clock = clock

    async def send(self, connector: Connector, document: dict[str, Any], by: datetime) -> Outcome:
        """Sends an order document through the connector's mapping; no byte leaves after `by`."""
        assert connector.push is not None
        body = orjson.dumps(render(connector.push.mapping, document))
        extra = {"Content-Type": "application/json", "Idempotency-Key": document["order_number"]}
        try:
            answer = await self._call(connector, connector.push.method, connector.push.url, body, extra, by)
        except _Unsent as error:
            return NotSent(str(error))
        except httpx.HTTPError as error:
            return Lost(f"{type(error).__name__} after the first byte")
        return _outcome(connector.push, answer)

    async def look_up(self, connector: Connector, order_number: str) -> Finding:
        """Asks whether the ERP has an order, by our number."""
        push = connector.push
        assert push is not None
        assert push.lookup_url is not None
        assert push.lookup_pointer is not None
        url = push.lookup_url.replace("{order_number}", quote(order_number, safe=""))
        try:
            answer = await self._call(connector, "GET", url, b"", {})
        except _Unsent as error:
            return Lost(str(error))
        except httpx.HTTPError as error:
            return Lost(type(error).__name__)
        if answer.status_code == 404:
            return Absent()
        if not answer.is_success:
            return Lost(f"it answered {answer.status_code}")
        # 200 without the number is a lookup that lists what it found, and found nothing.
        number = erp_number(_json(answer), push.lookup_pointer)
        return Absent() if number is None else Taken(number)

    async def _call(
        self,
        connector: Connector,
        method: str,
        url: str,
        body: bytes,
        extra: dict[str, str],
        by: datetime | None = None,
    ) -> httpx.Response:
        push = connector.push
        assert push is not None
        headers = {**push.headers, **extra, **await self._authorise(connector, body)}
        return await self._request(method, url, body, headers, push.timeout_seconds, by)

    async def _request(
        self,
        method: str,
        url: str,
        body: bytes,
        headers: dict[str, str],
        seconds: int,
        by: datetime | None = None,
    ) -> httpx.Response:
        try:
            there = await self._guard.resolve(url)
            if by is not None and self._clock.now() > by:
                raise _Unsent("it was too late to send")
            return await self._http.request(
                method,
                there.url,
                content=body or None,
                headers={**headers, "Host": there.host_header},
                timeout=httpx.Timeout(seconds, connect=min(seconds, 5)),
                extensions={"sni_hostname": there.server_name},
            )
        except AddressRefused as error:
            raise _Unsent(str(error)) from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.InvalidURL) as error:
            raise _Unsent(f"no connection: {type(error).__name__}") from error

    async def _authorise(self, connector: Connector, body: bytes) -> dict[str, str]:
        assert connector.push is not None
        auth = connector.push.auth
        secret = "" if connector.secret is None else self._secrets.open(connector.secret)
        match auth.kind:
            case "basic":
                pair = base64.b64encode(f"{auth.name}:{secret}".encode()).decode()
                return {"Authorization": f"Basic {pair}"}
            case "api_key":
                return {auth.name or "X-Api-Key": secret}
            case "signature":
                moment = str(int(self._clock.now().timestamp()))
                digest = hmac.digest(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hex()
                return {auth.name or "X-Kontor-Signature": f"t={moment},v1={digest}"}
            case "oauth2_client_credentials":
                return {"Authorization": f"Bearer {await self._token(connector, secret)}"}
            case _:
                return {}

    async def _token(self, connector: Connector, secret: str) -> str:
        """A token for this call (RFC 6749, 4.4); not having got one proves that no order was sent."""
        assert connector.push is not None
        auth = connector.push.auth
        form = httpx.QueryParams(
            {"grant_type": "client_credentials", **({"scope": auth.scope} if auth.scope else {})}
        )
        pair = base64.b64encode(
            f"{quote(auth.name or '', safe='')}:{quote(secret, safe='')}".encode()
        ).decode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {pair}"}
        try:
            answer = await self._request("POST", auth.token_url or "", str(form).encode(), headers, 10)
        except httpx.HTTPError as error:
            raise _Unsent(f"no token: {type(error).__name__}") from error
        content = _json(answer)
        if not answer.is_success or not isinstance(content, dict) or "access_token" not in content:
            raise _Unsent(f"no token: {answer.status_code}")
        return str(content["access_token"])


class _Unsent(Exception):  # noqa: N818 - says that nothing left
    """Nothing of the order left this machine."""


def _json(answer: httpx.Response) -> Any:
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return None


def _outcome(push: Push, answer: httpx.Response) -> Outcome:
    if answer.is_success:
        number = erp_number(_json(answer), push.number_pointer)
        if number is None:
            return Lost(f"it answered {answer.status_code} without an order number")
        return Taken(number)
    if answer.status_code in _NOT_TAKEN:
        return NotSent(f"it answered {answer.status_code}")
    if answer.status_code == 409:
        # It may say that it has the order already; then the number is in the answer.
        number = erp_number(_json(answer), push.number_pointer)
        return Lost("it answered 409") if number is None else Taken(number)
    if 400 <= answer.status_code < 500:
        text = answer.text[:_LONGEST_ANSWER].replace("\0", "")
        return Refused(({"code": "refused_by_erp", "status": answer.status_code, "text": text},))
    return Lost(f"it answered {answer.status_code}")
