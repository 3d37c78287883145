"""What hostile rows and files do to an import run: each bad row is told, and nothing else stops."""

import asyncio
import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final
from urllib.parse import urlsplit

from local_stack.client import Caller, until
from tests.hostile.cases import ACCEPTED, NAUGHTY, Case, cases_for, problem_of
from tests.hostile.sending import Sender, listed
from tests.hostile.stored import untouched
from tests.support.contract import OPERATIONS, Operation
from tests.support.examples import Examples, Field, Request
from tests.support.known import Known
from tests.support.system import System

_PATIENCE: Final = 120
_NDJSON: Final = {"Content-Type": "application/x-ndjson"}
_ENDED: Final = frozenset({"done", "failed", "held", "cancelled"})
BATCHES: Final = [each for each in OPERATIONS if each.id.startswith("write_")]


async def _imported(client: Caller, operation: Operation, content: bytes, **headers: str) -> dict[str, Any]:
    """Uploads and waits for the run's end."""
    path = f"{operation.path}/imports"
    answer = await client.call("POST", path, content=content, headers={**_NDJSON, **headers})

    async def ended() -> dict[str, Any] | None:
        run: dict[str, Any] = await client.get(f"{path}/{answer['id']}")
        return run if run["state"] in _ENDED else None

    run: dict[str, Any] = await until(ended, seconds=_PATIENCE, what=f"the import of {operation.path} to end")
    return run


async def _results(client: Caller, operation: Operation, run_id: str) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    cursor: str | None = None
    while True:
        params = {"limit": 200, **({"cursor": cursor} if cursor else {})}
        page = await client.get(f"{operation.path}/imports/{run_id}/results", **params)
        found |= {item["line_number"]: item for item in page["items"]}
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def _row(request: Request) -> bytes:
    """The only row of a batch, as one line."""
    content = request.content or b""
    return content[len(b'{"items":[') : -len(b"]}")]


def _rows(known: Known, operation: Operation) -> Iterator[tuple[Field, Case, bytes]]:
    for number, (field, case) in enumerate(_pairs(known, operation)):
        request, _ = Examples(known.ids_for(operation), mark=f"line-{number}").of(operation)
        yield field, case, _row(request.with_value(field.pointer, case.raw))


def _pairs(known: Known, operation: Operation) -> Iterator[tuple[Field, Case]]:
    _, fields = Examples(known.ids_for(operation)).of(operation)
    for field in fields:
        for case in cases_for(field, feed=True):
            yield field, case


async def test_each_hostile_row_of_an_upload_is_told(known: Known) -> None:
    client = (await known.callers())["integration"]
    wrong = []
    for operation in BATCHES:
        rows = list(_rows(known, operation))
        run = await _imported(client, operation, b"\n".join(row for _, _, row in rows))
        assert "failed" != run["state"], run
        results = await _results(client, operation, run["id"])
        for number, (field, case, _) in enumerate(rows, start=1):
            result = results.get(number)
            status = 422 if result is None or result["status"] == "rejected" else 200
            right = case.right | ({422} if ACCEPTED not in case.right else set())
            if result is None or problem_of(status, right):
                wrong.append(f"{operation.path} {field.name}: {case.name} -> {result}")
    assert [] == wrong, listed(wrong)


def _naughty_rows(known: Known, operation: Operation) -> list[dict[str, Any]]:
    """Each string in every text of a row that is not its key, so that rows stay apart."""
    rows = []
    for number, text in enumerate(NAUGHTY):
        request, fields = Examples(known.ids_for(operation), mark=f"naughty-{number}").of(operation)
        row = deepcopy(request.body["items"][0])
        for field in fields:
            if field.kind == "text" and len(field.pointer) == 3 and field.pointer[-1] != "external_id":
                row[field.pointer[-1]] = text
        rows.append(row)
    return rows


async def test_naughty_strings_pass_through_batches_and_files_alike(known: Known) -> None:
    client = (await known.callers())["integration"]
    for operation in BATCHES:
        rows = _naughty_rows(known, operation)
        answer = await client.post(operation.path, {"items": rows})
        told = {result["index"] + 1: result["status"] for result in answer["results"]}
        run = await _imported(client, operation, b"\n".join(json.dumps(row).encode() for row in rows))
        results = await _results(client, operation, run["id"])
        assert {number for number, status in told.items() if status == "rejected"} == {
            number for number, result in results.items() if result["status"] == "rejected"
        }, operation
        assert len(NAUGHTY) == len(told)


def _csv(rows: list[dict[str, Any]]) -> bytes:
    file = io.StringIO()
    names = [name for name, value in rows[0].items() if not isinstance(value, (dict, list))]
    writer = csv.DictWriter(file, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode("utf-8", "replace")


async def test_naughty_strings_in_a_csv_end_in_a_run_that_is_done(known: Known) -> None:
    client = (await known.callers())["integration"]
    for operation in BATCHES:
        content = _csv(_naughty_rows(known, operation))
        run = await _imported(client, operation, content, **{"Content-Type": "text/csv"})
        assert "done" == run["state"], (operation, run)


def _bomb() -> bytes:
    """Ten megabytes that unpack to ten gigabytes; only its last checksum is missing."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"\n" * 1_048_576
    # After a full flush the same block is the same bytes again.
    first, again = (packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + again * 10_239


_FILES: Final = {
    "not gzip": (b"{}", {"Content-Encoding": "gzip"}, "gzip_invalid"),
    "half a gzip": (gzip.compress(b"{}\n" * 1000)[:20], {"Content-Encoding": "gzip"}, "body_incomplete"),
    "a line without end": (b"x" * 5_000_000, {}, "line_too_long"),
}


async def test_a_file_that_cannot_be_read_is_a_run_that_says_why(known: Known) -> None:
    client = (await known.callers())["integration"]
    for name, (content, headers, code) in _FILES.items():
        for operation in BATCHES:
            run = await _imported(client, operation, content, **headers)
            assert ("failed", code) == (run["state"], run["reason"]["code"]), (name, operation)


_TOO_MUCH: Final = 10**12


async def test_an_upload_that_declares_too_much_is_refused_before_it_is_sent(
    system: System, known: Known, http: Sender
) -> None:
    client = (await known.callers())["integration"]
    gateway = urlsplit(system.gateway)
    async with untouched(system, http):
        for operation in BATCHES:
            head = f"POST {operation.path}/imports HTTP/1.1\r\nHost: {gateway.netloc}\r\n"
            head += f"Authorization: Bearer {client.token}\r\nContent-Type: text/csv\r\n"
            reading, writing = await asyncio.open_connection(gateway.hostname, gateway.port)
            writing.write(f"{head}Content-Length: {_TOO_MUCH}\r\n\r\n".encode())
            assert b"HTTP/1.1 413" == (await reading.readuntil(b"\r\n"))[:12], operation
            writing.close()


async def test_lines_that_are_no_rows_are_told_one_by_one(known: Known) -> None:
    lines = [
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b"[" * 5_000,
        b'{"a":1,"a":2}',
        b"NaN",
        b"1e999999999",
    ]
    client = (await known.callers())["integration"]
    for operation in BATCHES:
        run = await _imported(client, operation, b"\n".join(lines))
        results = await _results(client, operation, run["id"])
        assert dict.fromkeys(range(1, len(lines) + 1), "rejected") == {
            number: result["status"] for number, result in results.items()
        }, operation


async def test_a_gzip_bomb_costs_nothing_and_leaves_nothing_but_its_run(system: System, known: Known) -> None:
    client = (await known.callers())["integration"]
    bomb = _bomb()
    operation = next(each for each in BATCHES if each.path.endswith("/products"))
    run = await _imported(client, operation, bomb, **{"Content-Encoding": "gzip"})
    assert ("failed", "gzip_ratio") == (run["state"], run["reason"]["code"])
    assert {} == await _results(client, operation, run["id"])
