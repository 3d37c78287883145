"""Access tokens: everything about one must be right, and keys survive an outage of who publishes them."""

from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from chassis import tokens
from chassis.failures import Unauthenticated, Unavailable
from chassis.principal import Caller
from chassis.tokens import FetchedKeys, TokenVerifier, claims_of
from libs.chassis.tests.support.issuer import ISSUER, FixedClock, Issuer, principal, unsigned

_CLAIMS = claims_of(principal(Caller.USER, "orders:place", account_id="a-1"), ISSUER)
_HEADER = {"alg": "Ed25519", "typ": "at+jwt", "kid": "k1"}


def _verifier(issuer: Issuer, clock: FixedClock | None = None) -> TokenVerifier:
    return TokenVerifier(issuer, ISSUER, clock or FixedClock())


@pytest.mark.parametrize("caller", Caller)
async def test_a_principal_comes_back_as_it_was_signed(caller: Caller) -> None:
    issuer = Issuer()
    sent = principal(caller, "a", "b", account_id="a-1", source="erp", actor="staff-1")
    found = await _verifier(issuer).verify(issuer.token(sent))
    assert claims_of(sent, ISSUER) == claims_of(found, ISSUER)
    assert found.token not in repr(found)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "other"},
        {"aud": "admin"},
        {"aud": ["channel"]},
        {"caller": "staff"},
        {"caller": "root"},
        {"exp": _CLAIMS["exp"] + 1},
        {"exp": None},
        {"exp": "soon"},
        {"exp": _CLAIMS["iat"] - 10},
        {"iat": _CLAIMS["iat"] + 60, "exp": _CLAIMS["exp"] + 60},
        {"permissions": None},
        {"permissions": 5},
        {"sub": None},
        {"iat_ms": "x"},
    ],
    ids=str,
)
async def test_a_wrong_claim_is_refused(wrong: dict[str, Any]) -> None:
    issuer = Issuer()
    claims = {name: value for name, value in (_CLAIMS | wrong).items() if value is not None}
    with pytest.raises(Unauthenticated):
        await _verifier(issuer).verify(issuer.sign(claims))


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": None},
        {"kid": "other"},
        {"kid": None},
        {"crit": ["b64"], "b64": True},
        {"crit": []},
    ],
    ids=str,
)
async def test_a_wrong_header_is_refused(header: dict[str, Any]) -> None:
    issuer = Issuer()
    try:
        token = issuer.sign(_CLAIMS, **header)
    except ValueError:  # the library will not even write it
        token = unsigned(_HEADER | header, _CLAIMS, "AAAA")
    with pytest.raises(Unauthenticated):
        await _verifier(issuer).verify(token)


@pytest.mark.parametrize(
    "token",
    [
        unsigned(_HEADER | {"alg": "none"}, _CLAIMS),
        unsigned(_HEADER | {"alg": "HS256"}, _CLAIMS, "AAAA"),
        unsigned(_HEADER | {"alg": "EdDSA"}, _CLAIMS, "AAAA"),
        unsigned(_HEADER | {"alg": 5}, _CLAIMS, "AAAA"),
        unsigned(_HEADER | {"kid": []}, _CLAIMS, "AAAA"),
        unsigned([1], _CLAIMS, "AAAA"),
        unsigned(5, _CLAIMS, "AAAA"),
        unsigned("{", _CLAIMS, "AAAA"),
        unsigned("[" * 5000, _CLAIMS, "AAAA"),
        unsigned('{"kid":' * 800 + "1" + "}" * 800, _CLAIMS, "AAAA"),
        "",
        "..",
        "a.b.c",
        "a.b.c.d.e",
        "\ud800.b.c",
        "é.é.é",
    ],
    ids=lambda token: repr(token)[:24],
)
async def test_a_made_up_token_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        await _verifier(Issuer()).verify(token)


async def test_a_token_of_another_key_with_the_same_id_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        await _verifier(Issuer("k1")).verify(Issuer("k1").sign(_CLAIMS))


async def test_no_character_of_a_token_can_be_changed() -> None:
    issuer = Issuer()
    token = issuer.sign(_CLAIMS)
    # The last character carries bits that no byte uses.
    for place in range(0, len(token) - 1, 3):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(Unauthenticated):
            await _verifier(issuer).verify(changed)


async def test_a_remembered_token_still_expires() -> None:
    issuer, clock = Issuer(), FixedClock()
    verifier, token = _verifier(issuer, clock), issuer.sign(_CLAIMS)
    assert await verifier.verify(token) is await verifier.verify(token)
    assert [None] == issuer.asked
    clock.moment += timedelta(seconds=303)
    with pytest.raises(Unauthenticated):
        await verifier.verify(token)


async def test_memory_of_tokens_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_REMEMBERED", 2)
    issuer = Issuer()
    verifier = _verifier(issuer)
    found = [issuer.token(principal(subject=f"s-{number}")) for number in range(3)]
    for token in [*found, found[0]]:
        await verifier.verify(token)
    assert 4 == len(issuer.asked)


class _Publisher:
    """Publishes key sets, or does not answer."""

    def __init__(self, *keys: OKPKey) -> None:
        self.document: Any = {"keys": [key.as_dict(private=False) for key in keys]}
        self.down = False
        self.fetched = 0

    async def __call__(self) -> dict[str, Any]:
        self.fetched += 1
        if self.down:
            raise Unavailable
        found: dict[str, Any] = self.document
        return found


class _Ticks:
    """A monotonic clock that is set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("chassis.tokens.time.monotonic", lambda: self.now)


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> _Ticks:
    return _Ticks(monkeypatch)


async def test_keys_are_fetched_once_in_five_minutes(ticks: _Ticks) -> None:
    publisher = _Publisher(Issuer("k1").key)
    keys = FetchedKeys(publisher)
    for second in (0, 1, 299, 300, 301):
        ticks.now = 1000.0 + second
        assert ["k1"] == list(await keys.keys())
    assert 2 == publisher.fetched


async def test_a_rotated_key_is_found_at_once_and_strangers_ask_once_a_second(ticks: _Ticks) -> None:
    publisher = _Publisher(Issuer("k1").key)
    keys = FetchedKeys(publisher)
    await keys.keys()
    publisher.document = _Publisher(Issuer("k1").key, Issuer("k2").key).document
    ticks.now += 1
    assert "k2" in await keys.keys(missing="k2")
    for _ in range(50):
        await keys.keys(missing="made-up")
    assert 2 == publisher.fetched


async def test_known_keys_outlive_an_outage(ticks: _Ticks) -> None:
    publisher = _Publisher(Issuer("k1").key)
    keys = FetchedKeys(publisher)
    await keys.keys()
    publisher.down = True
    ticks.now += 400
    assert ["k1"] == list(await keys.keys())


async def test_without_any_key_an_outage_is_503_and_not_401() -> None:
    publisher = _Publisher()
    publisher.down = True
    verifier = TokenVerifier(FetchedKeys(publisher), ISSUER, FixedClock())
    with pytest.raises(Unavailable):
        await verifier.verify(Issuer().sign(_CLAIMS))


@pytest.mark.parametrize(
    "document", [{}, {"keys": [{}]}, {"keys": [{"kid": "k1", "kty": "RSA"}]}, [], {"keys": 5}]
)
async def test_a_key_set_that_cannot_be_read_is_our_fault(document: Any) -> None:
    publisher = _Publisher()
    publisher.document = document
    with pytest.raises(Unavailable):
        await TokenVerifier(FetchedKeys(publisher), ISSUER, FixedClock()).verify(Issuer().sign(_CLAIMS))
