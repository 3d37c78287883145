"""The digital layer of one product: pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

RelationType = Literal["accessory", "spare_part", "alternative", "successor", "cross_sell", "bundle_part"]
MediaKind = Literal["image", "document", "video"]


@dataclass(frozen=True, slots=True)
class Texts:
    """What a product is called and said to be in one language."""

    title: str | None
    description: str | None
    keywords: str | None


@dataclass(frozen=True, slots=True)
class AttributeValues:
    """The values of one attribute, by its code; `locale` "" is for every language."""

    attribute: str
    locale: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A directed link to another product."""

    type: RelationType
    target_id: str


@dataclass(frozen=True, slots=True)
class Media:
    """A link to a picture, document or film."""

    kind: MediaKind
    url: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Content:
    """Everything staff says about a product. Lists keep their order."""

    product_id: str
    version: int
    family_id: str | None = None
    variant_group_id: str | None = None
    texts: Mapping[str, Texts] = field(default_factory=dict)
    category_ids: tuple[str, ...] = ()
    attributes: tuple[AttributeValues, ...] = ()
    relations: tuple[Relation, ...] = ()
    media: tuple[Media, ...] = ()

    def shown(self) -> dict[str, Any]:
        """As the audit trail keeps it."""
        shown = asdict(self)
        del shown["product_id"], shown["version"]
        return shown
