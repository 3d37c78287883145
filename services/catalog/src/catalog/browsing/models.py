"""What a list of products is asked for: pure."""

from dataclasses import dataclass
from typing import Final, Literal

from catalog.browsing.filters import AttributeFilter
from catalog.browsing.locales import Language

Sort = Literal["relevance", "external_id", "title", "newest"]

# Sort → (SQL over the listing `l`, descending). The product's id breaks every tie.
SORTS: Final[dict[Sort, tuple[str, bool]]] = {
    "relevance": ("s.rank", False),
    "external_id": ("l.external_id", False),
    "title": ("l.title", False),
    "newest": ("l.product_id", True),
}


@dataclass(frozen=True, slots=True)
class Query:
    """One list: everything that decides its items, the audience and the place in it aside."""

    language: Language
    category_ids: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    text: str | None = None
    attributes: tuple[AttributeFilter, ...] = ()
    sort: Sort | None = None
    availability: bool = False
    facets: bool = False
    total: bool = False

    @property
    def order(self) -> Sort:
        """The sort asked for; by relevance when something is searched for, else by SKU."""
        if self.text is None:
            return "external_id" if self.sort in (None, "relevance") else self.sort
        return self.sort or "relevance"

    def binding(self, audience_id: str) -> list[object]:
        """What a cursor of this list belongs to."""
        filters = [
            [wanted.code, wanted.values, [[str(span.low), str(span.high)] for span in wanted.spans]]
            for wanted in self.attributes
        ]
        where = [list(self.category_ids), list(self.ids), self.text, filters]
        return ["products", audience_id, self.order, self.language.locale, *where]
