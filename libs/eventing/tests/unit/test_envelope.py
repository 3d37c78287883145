"""The envelope without a socket: what goes out comes back, what is broken says why."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from eventing.envelope import Attributes, Record, UndecodableError, decode, deletion, headers
from eventing.topics import ConsumedModel, Kind

ATTRIBUTES = Attributes(
    topic="catalog.product",
    id="0190-1",
    source="/kontor/catalog",
    subject="p1",
    time=datetime(2026, 3, 1, 12, 30, 0, 250_000, tzinfo=UTC),
    version=17,
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
)


class Product(ConsumedModel):
    price: Decimal


def _record(value: bytes | None, **changes: str | None) -> Record:
    kept = {name: content.decode() for name, content in headers(ATTRIBUTES)} | changes
    return Record("catalog.product", 0, 0, "p1", value, {name: text for name, text in kept.items() if text})


def test_headers_carry_every_attribute_of_the_contract() -> None:
    expected = {
        "ce_specversion": b"1.0",
        "ce_id": b"0190-1",
        "ce_type": b"catalog.product.v1",
        "ce_source": b"/kontor/catalog",
        "ce_subject": b"p1",
        "ce_time": b"2026-03-01T12:30:00.250000Z",
        "ce_dataschema": b"urn:kontor:events:catalog.product:v1",
        "ce_sequence": b"17",
        "traceparent": b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    assert expected == dict(headers(ATTRIBUTES))


def test_a_state_comes_back_with_key_version_and_time_and_ignores_unknown_fields() -> None:
    arrived = decode(_record(b'{"price": "12.50", "new_field": 1}'), Kind.STATE, Product)
    assert ("p1", 17, Product(price=Decimal("12.50"))) == (arrived.key, arrived.version, arrived.value)
    assert (ATTRIBUTES.id, ATTRIBUTES.time) == (arrived.id, arrived.time)
    assert ATTRIBUTES.traceparent == arrived.traceparent


def test_a_notice_has_no_version_even_if_a_header_says_so() -> None:
    assert decode(_record(b'{"price": "1"}'), Kind.NOTICE, Product).version is None


def test_a_deletion_has_no_value() -> None:
    assert decode(_record(deletion("p1")), Kind.STATE, Product).value is None


def test_a_field_called_deleted_in_a_whole_state_is_no_deletion() -> None:
    arrived = decode(_record(b'{"id": "p1", "deleted": true, "price": "1"}'), Kind.STATE, Product)
    assert Product(price=Decimal(1)) == arrived.value


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (_record(None), "no value"),
        (_record(b"{"), "Invalid JSON"),
        (_record(b'{"deleted": '), "unexpected end"),
        (_record(b"{}"), "price"),
        (_record(b'{"price": "1"}', ce_sequence=None), "'ce_sequence' is missing"),
        (_record(b'{"price": "1"}', ce_sequence="x"), "invalid literal"),
        (_record(b'{"price": "1"}', ce_time="yesterday"), "Invalid isoformat"),
        (_record(b'{"price": "1"}', ce_id=None), "'ce_id' is missing"),
    ],
)
def test_a_broken_message_says_what_is_wrong(record: Record, reason: str) -> None:
    with pytest.raises(UndecodableError) as raised:
        decode(record, Kind.STATE, Product)
    assert reason.lower() in str(raised.value).lower()


def test_only_the_exact_sign_of_life_is_a_heartbeat() -> None:
    assert Record("t", 0, 0, "heartbeat", b'{"heartbeat":true}', {}).is_heartbeat
    assert not Record("t", 0, 0, "heartbeat", b'{"id":"heartbeat"}', {}).is_heartbeat
    assert not Record("t", 0, 0, "p1", b'{"heartbeat":true}', {}).is_heartbeat
