"""Mapping of an order document to the body an ERP wants: a JSON template, pure.

In the template `{"$from": "/order_number"}` stands for the value at a JSON pointer (null where there is
none), `{"$each": "/lines", "$as": …}` for a list made from a list, its pointers relative to each item.
`{"$root": …}` reaches back to the whole document. Everything else stands as it is; an empty template is the
document itself.
"""

from collections.abc import Mapping
from typing import Any, Final

_LARGEST: Final = 64


class MappingInvalid(ValueError):  # noqa: N818 - reads as what it says
    """The template cannot be understood."""


def point(document: Any, pointer: str) -> Any:
    """The value at a JSON pointer (RFC 6901), None where there is none."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, Mapping):
            document = document.get(key)
        elif isinstance(document, list) and key.isascii() and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document


def render(template: Any, document: Any) -> Any:
    """The body for a document."""
    return document if template in (None, {}) else _render(template, document, document)


def check(template: Any) -> None:
    """Raises MappingInvalid for a template that `render` could not follow."""
    if isinstance(template, Mapping):
        commands = {key for key in template if str(key).startswith("$")}
        if commands and commands != set(template):
            raise MappingInvalid("a $-command stands alone in its object")
        if commands and commands not in ({"$from"}, {"$root"}, {"$each", "$as"}):
            raise MappingInvalid("known are $from, $root, and $each with $as")
        for name in commands - {"$as"}:
            if not isinstance(template[name], str) or template[name][:1] not in ("", "/"):
                raise MappingInvalid(f"{name} takes a JSON pointer")
        for name, value in template.items():
            if name not in ("$from", "$root", "$each"):
                check(value)
    elif isinstance(template, list):
        for value in template:
            check(value)


def _render(template: Any, here: Any, root: Any) -> Any:
    if isinstance(template, Mapping):
        if "$from" in template:
            return point(here, template["$from"])
        if "$root" in template:
            return point(root, template["$root"])
        if "$each" in template:
            items = point(here, template["$each"])
            return [_render(template["$as"], item, root) for item in items or []]
        return {key: _render(value, here, root) for key, value in template.items()}
    if isinstance(template, list):
        return [_render(value, here, root) for value in template]
    return template


def erp_number(answer: Any, pointer: str) -> str | None:
    """The ERP's order number in its answer: text or a whole number of bounded length."""
    found = point(answer, pointer)
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    return found if isinstance(found, str) and 0 < len(found) <= _LARGEST else None
