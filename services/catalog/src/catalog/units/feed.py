"""The unit feed."""

from typing import Final

from catalog.tables import unit
from feeds.feed import Discontinue, FeedColumn, TableFeed
from feeds.fields import Field, Kind, RowSchema

UNITS: Final = TableFeed(
    resource="units",
    schema=RowSchema(
        Field(name="external_id", kind=Kind.KEY, required=True, max_length=64, description="The ERP's code."),
        Field(name="name", kind=Kind.TEXT),
        Field(name="rec20_code", kind=Kind.TEXT, max_length=3, description="UN/ECE Recommendation 20."),
        Field(name="decimals", kind=Kind.INTEGER, minimum=0, maximum=6, description="Of a quantity in it."),
        key=("external_id",),
    ),
    table=unit,
    columns=tuple(FeedColumn(column=name) for name in ("name", "rec20_code", "decimals")),
    discontinue=Discontinue(column="deleted"),
    placeholder="placeholder",
)
