"""Products and their digital layer on the wire, for staff."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from sqlalchemy import RowMapping

from catalog.audiences.models import Verdict
from catalog.categories.schemas import Names
from catalog.content.models import AttributeValues, Content, Media, MediaKind, Relation, RelationType, Texts
from chassis.models import Answer, StrictModel
from chassis.values import Identifier, Line, Locale, LocaleOrNone, LongText, NoControl, Slug, plain

Link = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[^\s<>\"\\]+$"), NoControl]


class TextsBody(StrictModel):
    """What a product is called and said to be in one language."""

    title: Line | None = None
    description: LongText | None = None
    keywords: LongText | None = None

    def texts(self) -> Texts:
        """The texts meant; an empty one is none."""
        return Texts(self.title, self.description or None, self.keywords or None)


class AttributeValuesBody(StrictModel):
    """The values of one attribute as text: `true`, `12.5`, `2026-01-31`, option codes."""

    attribute: Slug
    locale: LocaleOrNone = ""
    values: Annotated[list[Line], Field(min_length=1, max_length=100)]


class RelationBody(StrictModel):
    """A directed link to another product."""

    type: RelationType
    target_id: Identifier


class MediaBody(StrictModel):
    """A link to a picture, document or film."""

    kind: MediaKind
    url: Link
    names: Names = Field(default_factory=dict)


class ContentPatch(StrictModel):
    """Parts of the digital layer to be changed; absent ones stay, lists and texts are given whole."""

    family_id: Identifier | None = None
    variant_group_id: Identifier | None = None
    texts: Annotated[dict[Locale, TextsBody], Field(max_length=50)] | None = None
    category_ids: Annotated[list[Identifier], Field(max_length=100)] | None = None
    attributes: Annotated[list[AttributeValuesBody], Field(max_length=500)] | None = None
    relations: Annotated[list[RelationBody], Field(max_length=500)] | None = None
    media: Annotated[list[MediaBody], Field(max_length=200)] | None = None

    def change(self) -> dict[str, Any]:
        """The change asked for: fields of `Content` by name."""
        change: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("family_id", "variant_group_id")
            if name in self.model_fields_set
        }
        if self.texts is not None:
            change["texts"] = {locale: self.texts[locale].texts() for locale in sorted(self.texts)}
        if self.category_ids is not None:
            change["category_ids"] = tuple(sorted(set(self.category_ids)))
        if self.attributes is not None:
            change["attributes"] = tuple(
                AttributeValues(entry.attribute, entry.locale, tuple(entry.values))
                for entry in self.attributes
            )
        if self.relations is not None:
            links = dict.fromkeys((entry.type, entry.target_id) for entry in self.relations)
            change["relations"] = tuple(Relation(*link) for link in links)
        if self.media is not None:
            change["media"] = tuple(Media(entry.kind, entry.url, entry.names) for entry in self.media)
        return change


class ErpFields(Answer):
    """What the ERP says; nobody else writes it."""

    source: str
    external_id: str
    description: str | None
    brand_id: str | None
    item_group_id: str | None
    base_unit: str | None
    sales_unit: str | None
    packagings: list[dict[str, Any]]
    minimum_quantity: str | None
    quantity_multiple: str | None
    maximum_quantity: str | None
    tax_group: str | None
    discount_group: str | None
    lifecycle: str
    superseded_by_id: str | None
    is_charge: bool
    placeholder: bool
    erp_attributes: Any

    @classmethod
    def of(cls, row: RowMapping) -> "ErpFields":
        """The wire form of a product's row."""
        values = {name: row[name] for name in cls.model_fields}
        for name in ("minimum_quantity", "quantity_multiple", "maximum_quantity"):
            values[name] = None if row[name] is None else plain(row[name])
        return cls(**(values | {"packagings": row["packagings"] or []}))


class AdminProduct(Answer):
    """A product: the ERP's fields, and the digital layer."""

    id: str
    erp: ErpFields
    family_id: str | None
    variant_group_id: str | None
    texts: dict[str, TextsBody]
    category_ids: list[str]
    attributes: list[AttributeValuesBody]
    relations: list[RelationBody]
    media: list[MediaBody]

    @classmethod
    def of(cls, row: RowMapping, content: Content) -> "AdminProduct":
        """The wire form of a product and its digital layer."""
        return cls(
            id=row["id"],
            erp=ErpFields.of(row),
            family_id=content.family_id,
            variant_group_id=content.variant_group_id,
            texts={
                locale: TextsBody(title=texts.title, description=texts.description, keywords=texts.keywords)
                for locale, texts in content.texts.items()
            },
            category_ids=list(content.category_ids),
            attributes=[
                AttributeValuesBody(attribute=entry.attribute, locale=entry.locale, values=list(entry.values))
                for entry in content.attributes
            ],
            relations=[RelationBody(type=link.type, target_id=link.target_id) for link in content.relations],
            media=[MediaBody(kind=link.kind, url=link.url, names=dict(link.names)) for link in content.media],
        )


class AdminProductRow(Answer):
    """A product in a list for staff."""

    id: str
    source: str
    external_id: str
    title: str | None
    lifecycle: str
    placeholder: bool
    sellable: bool | None

    @classmethod
    def of(cls, row: RowMapping) -> "AdminProductRow":
        """The wire form of a row."""
        return cls(**{name: row[name] for name in cls.model_fields})


class VerdictOut(Answer):
    """One thing that was looked at, and whether it lets the product through."""

    check: Literal["lifecycle", "placeholder", "charge", "assortment", "also", "only", "hide"]
    passes: bool
    reason: str
    rule_id: str | None


class VisibilityExplained(Answer):
    """Why a user sees a product, or does not."""

    product_id: str
    user_id: str
    visible: bool
    audience_id: str
    audience_version: int
    catalogue_id: str | None
    checks: list[VerdictOut]

    @staticmethod
    def checks_of(verdicts: list[Verdict]) -> list[VerdictOut]:
        """The wire form of the findings."""
        return [
            VerdictOut.model_validate(
                {
                    "check": found.check,
                    "passes": found.passes,
                    "reason": found.reason,
                    "rule_id": found.rule_id,
                }
            )
            for found in verdicts
        ]
