"""Answers of channels kept in memory, each under everything that decides what stands in it.

Nothing here ends by time: what an answer rests on is in its key, as a version where it can change. An answer
under an old version is never asked for again and leaves when room is wanted.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from catalog.audiences.models import Audience

# What an entry costs beside its body: the key, the headers, the places in the dictionary.
_OVERHEAD: Final = 1_000


class Question(NamedTuple):
    """What somebody asks: path and query as sent, the languages accepted."""

    path: str
    query: bytes
    languages: str | None


class Key(NamedTuple):
    """Under what an answer is kept."""

    question: Question
    audience_id: str
    audience_version: int
    sees_stock: bool
    account_id: str | None
    changes: tuple[int | None, ...]


def key_of(
    question: Question,
    *,
    audience: Audience,
    account_id: str | None,
    sees_stock: bool,
    changes: Mapping[str, int],
) -> Key:
    """The one place that says what an answer depends on; `changes` are the counters of `chassis.revisions`.

    An account counts where its own article numbers may be searched, stock where it may be shown. A name in
    the query may be written with escapes: then both count.
    """
    escaped = b"%" in question.query
    searches = escaped or b"q" in question.query
    shows_stock = sees_stock and (escaped or b"availability" in question.query)
    return Key(
        question,
        audience.id,
        audience.version,
        sees_stock,
        account_id if searches else None,
        (
            changes[""],
            changes.get("shown"),
            changes.get("codes") if searches else None,
            changes.get("stock") if shows_stock else None,
        ),
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer: its body, and the headers that belong to it."""

    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]


class KeptAnswers:
    """Answers by key, `size` bytes at most; those asked for longest ago leave first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._used = 0
        self._answers: OrderedDict[Key, Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._answers)

    def find(self, key: Key) -> Kept | None:
        """The answer kept under exactly this key."""
        found = self._answers.get(key)
        if found is not None:
            self._answers.move_to_end(key)
        return found

    def keep(self, key: Key, answer: Kept) -> None:
        """Keeps an answer; one that alone would take a tenth of the room is not worth it."""
        cost = _cost(answer)
        if cost > self._size // 10 or key in self._answers:
            return
        self._answers[key] = answer
        self._used += cost
        while self._used > self._size:
            _, oldest = self._answers.popitem(last=False)
            self._used -= _cost(oldest)


def _cost(answer: Kept) -> int:
    return len(answer.body) + _OVERHEAD
