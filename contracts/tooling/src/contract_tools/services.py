"""What each installed service says of itself: its operations, topics, subscriptions and calls."""

import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final, Protocol

from pydantic import BaseModel

from chassis.settings import Settings
from eventing.topics import Topic

NAMES: Final = ("accounts", "catalog", "pricing", "order_export", "analytics", "gateway")


class Subscribed(Protocol):
    """One entry of a service's SUBSCRIBED: the topic, and the model it is read with."""

    @property
    def topic(self) -> str: ...

    @property
    def model(self) -> type[BaseModel]: ...


@dataclass(frozen=True)
class Service:
    """A service as its code declares it. `document` is its OpenAPI document, internal paths included."""

    name: str
    document: dict[str, Any]
    topics: tuple[Topic[Any], ...]
    subscribed: tuple[Subscribed, ...]
    calls: frozenset[str]


def installed() -> list[Service]:
    """Every service that has an API to import, in the order of NAMES."""
    return [_service(name) for name in NAMES if _has(f"{name}.api")]


def _service(name: str) -> Service:
    return Service(
        name=name,
        document=importlib.import_module(f"{name}.api").contract(),
        topics=tuple(importlib.import_module(f"{name}.events").TOPICS) if _has(f"{name}.events") else (),
        subscribed=tuple(_subscribed(name)),
        calls=frozenset(_calls(name)),
    )


def _has(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # not even its package
        return False


def _subscribed(name: str) -> Iterator[Subscribed]:
    """SUBSCRIBED of every module called `consumers` or `followers`, each entry once."""
    seen: set[tuple[str, type[BaseModel]]] = set()
    for module in _modules(name, {"consumers", "followers"}):
        for entry in getattr(module, "SUBSCRIBED", ()):
            if (entry.topic, entry.model) not in seen:
                seen.add((entry.topic, entry.model))
                yield entry


def _modules(package: str, called: set[str]) -> Iterator[ModuleType]:
    root = importlib.import_module(package)
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        if found.name.rpartition(".")[2] in called:
            yield importlib.import_module(found.name)


def _calls(name: str) -> Iterator[str]:
    """Services whose address stands in the settings: a field `<service>_url`."""
    if not _has(f"{name}.settings"):
        return
    for _, found in inspect.getmembers(importlib.import_module(f"{name}.settings"), inspect.isclass):
        if issubclass(found, Settings):
            fields = found.model_fields
            yield from (other for other in NAMES if other != name and f"{other}_url" in fields)
