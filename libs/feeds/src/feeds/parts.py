"""The pieces of SQL that every statement of a feed is put together from."""

from dataclasses import dataclass
from functools import cached_property

from feeds.feed import FeedColumn, TableFeed
from feeds.fields import Field, Kind


def bit(feed: TableFeed, name: str) -> int:
    return 1 << next(place for place, field in enumerate(feed.schema.fields) if field.name == name)


def extracted(feed: TableFeed, field: Field, row: str = "cells") -> str:
    """SQL for the field's value in the cells of a staged row."""
    place = feed.schema.places[field.name]
    if field.kind is Kind.JSON:
        return f"NULLIF({row}->{place}, 'null'::jsonb)"
    plain = f"{row}->>{place}"
    return plain if field.sql_type == "text" else f"({plain})::{field.sql_type}"


@dataclass(frozen=True)
class Parts:
    """Names and conditions of one feed; `t` is the target's row, `c` the chunk's."""

    feed: TableFeed

    @property
    def chunk(self) -> str:
        return self.feed.chunk.name

    @property
    def table(self) -> str:
        return f'"{self.feed.table.name}"'

    @property
    def key(self) -> str:
        return f'"{self.feed.key_column}"'

    @property
    def collate(self) -> str:
        return f'COLLATE "{self.feed.key_collation or "default"}"'

    @property
    def is_gone(self) -> str:
        mark = self.feed.discontinue
        return f"t.{mark.column} = {mark.gone}" if mark else "false"

    @property
    def no_placeholder(self) -> str:
        return f"AND NOT t.{self.feed.placeholder}" if self.feed.placeholder else ""

    @cached_property
    def revives(self) -> str:
        """A row that arrives live where the target is marked gone, unless a field of its own decides that."""
        mark = self.feed.discontinue
        if mark is None:
            return "false"
        when = "true" if mark.revive_in_delta else "CAST(:full AS boolean)"
        by_field = [column.presence for column in self.feed.columns if column.column == mark.column]
        absent = f" AND (c.mask & {bit(self.feed, by_field[0])}) = 0" if by_field and by_field[0] else ""
        return f"({when}{absent} AND NOT c.deleted AND {self.is_gone})"

    def new(self, column: FeedColumn) -> str:
        """The new value, in the target column's collation where that is its own."""
        collation = getattr(self.feed.table.c[column.column].type, "collation", None)
        return f'({column.expression}) COLLATE "{collation}"' if collation else column.expression

    def present(self, column: FeedColumn, row: str = "c") -> str:
        if column.presence is None:
            return "true"
        return f"({row}.mask & {bit(self.feed, column.presence)}) <> 0"

    @cached_property
    def differs(self) -> str:
        differences = [
            f't."{column.column}" IS DISTINCT FROM {self.new(column)} AND {self.present(column)}'
            for column in self.feed.columns
        ]
        return " OR ".join([*differences, self.revives])
