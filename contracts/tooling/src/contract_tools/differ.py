"""What changed between two OpenAPI documents, and which of it breaks a client."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contract_tools.documents import Document, operations
from contract_tools.schemas import Use, compare_schemas


@dataclass(frozen=True)
class Difference:
    """One change: where, what, and whether a client of the old document can stumble over it."""

    place: str
    what: str
    breaking: bool

    def __str__(self) -> str:
        return f"{'BREAKING' if self.breaking else 'addition'}  {self.place}: {self.what}"


def differences(old: Document, new: Document) -> list[Difference]:
    """Every change of operations, parameters, bodies and answers, in the order of the old document."""
    found: list[Difference] = []
    before, after = _by_place(old), _by_place(new)
    for place, operation in before.items():
        if place in after:
            pair = _Pair(place, old, new)
            pair.compare(operation, after[place])
            found += pair.found
        else:
            found.append(Difference(place, "operation removed", breaking=True))
    added = sorted(after.keys() - before.keys())
    found += (Difference(place, "operation added", breaking=False) for place in added)
    return list(dict.fromkeys(found))


def _by_place(document: Document) -> dict[str, dict[str, Any]]:
    return {f"{method.upper()} {path}": operation for path, method, operation in operations(document)}


class _Pair:
    """One operation before and after."""

    def __init__(self, place: str, old: Document, new: Document) -> None:
        self.found: list[Difference] = []
        self._place = place
        self._old = old
        self._new = new

    def compare(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        self._parameters(_parameters(old), _parameters(new))
        self._request(old.get("requestBody"), new.get("requestBody"))
        self._responses(old.get("responses", {}), new.get("responses", {}))
        self._rights(old, new)

    def _breaks(self, what: str) -> None:
        self.found.append(Difference(self._place, what, breaking=True))

    def _adds(self, what: str) -> None:
        self.found.append(Difference(self._place, what, breaking=False))

    def _parameters(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        for name, parameter in old.items():
            if name not in new:
                self._breaks(f"parameter {name} removed")
                continue
            if new[name].get("required") and not parameter.get("required"):
                self._breaks(f"parameter {name} became required")
            self._schemas(f"parameter {name}", parameter, new[name], Use.REQUEST)
        for name in sorted(new.keys() - old.keys()):
            if new[name].get("required"):
                self._breaks(f"required parameter {name} added")
            else:
                self._adds(f"parameter {name} added")

    def _request(self, old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
        if new is None:
            if old is not None:
                self._breaks("request body removed")
            return
        if new.get("required") and not (old or {}).get("required"):
            self._breaks("request body became required")
        self._contents("request", (old or {}).get("content", {}), new.get("content", {}), Use.REQUEST)

    def _responses(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        for status, answer in old.items():
            if status not in new:
                self.found.append(Difference(self._place, f"status {status} removed", status.startswith("2")))
                continue
            for code in sorted(set(_codes(new[status])) - set(_codes(answer))):
                self._adds(f"problem code {code} added")
            for header in sorted(answer.get("headers", {}).keys() - new[status].get("headers", {}).keys()):
                self._breaks(f"header {header} removed from {status}")
            contents = answer.get("content", {}), new[status].get("content", {})
            self._contents(f"{status}", *contents, Use.RESPONSE)
        for status in sorted(new.keys() - old.keys()):
            self._adds(f"status {status} added")

    def _contents(self, where: str, old: dict[str, Any], new: dict[str, Any], use: Use) -> None:
        for media_type, content in old.items():
            if media_type in new:
                self._schemas(where, content, new[media_type], use)
            else:
                self._breaks(f"{where} no longer {media_type}")

    def _schemas(self, where: str, old: dict[str, Any], new: dict[str, Any], use: Use) -> None:
        pairs = (old.get("schema", {}), self._old), (new.get("schema", {}), self._new)
        for pointer, what, breaking in compare_schemas(*pairs, use):
            self.found.append(Difference(self._place, f"{where}{pointer}: {what}", breaking))

    def _rights(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        before, after = old.get("x-permissions"), new.get("x-permissions")
        if before is None and after is not None:
            self._breaks("is no longer public")
        elif after and not set(before or ()) <= set(after):
            self._breaks(f"needs other permissions: {', '.join(after)}")
        elif after and not before:
            self._breaks(f"needs a permission now: {', '.join(after)}")
        lost = sorted(set(old.get("x-callers", ())) - set(new.get("x-callers", ())))
        if lost and "x-callers" in new:
            self._breaks(f"no longer for {', '.join(lost)}")


def _parameters(operation: dict[str, Any]) -> dict[str, Any]:
    return {f"{entry['in']} {entry['name']}": entry for entry in operation.get("parameters", ())}


def _codes(answer: dict[str, Any]) -> Iterator[str]:
    yield from answer.get("x-problem-codes", ())
