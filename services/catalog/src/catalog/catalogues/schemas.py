"""Catalogues on the wire."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import RowMapping

from catalog.catalogues.models import Catalogue, CatalogueChange, MemberRule, Target
from chassis.models import Answer, StrictModel
from chassis.values import Identifier, Line, Slug


class MemberRuleBody(StrictModel):
    """Products of a category (and below it), a brand or an item group; `all` names every product."""

    target: Target
    id: Identifier | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if (self.target == "all") != (self.id is None):
            raise PydanticCustomError("rule_target", "an id belongs to every target but all")
        return self

    def rule(self) -> MemberRule:
        """The rule meant."""
        return MemberRule(self.target, self.id)

    @classmethod
    def of(cls, rule: MemberRule) -> "MemberRuleBody":
        """The wire form of a rule."""
        return cls(target=rule.target, id=rule.id)


Rules = Annotated[list[MemberRuleBody], Field(max_length=500)]
ProductIds = Annotated[list[Identifier], Field(max_length=5000)]


class CatalogueOut(Answer):
    """An assortment, by its rules; what is listed by hand counts before them."""

    id: str
    code: str
    name: str
    include: list[MemberRuleBody]
    exclude: list[MemberRuleBody]

    @classmethod
    def of(cls, catalogue: Catalogue) -> "CatalogueOut":
        """The wire form of a catalogue."""
        return cls(
            id=catalogue.id,
            code=catalogue.code,
            name=catalogue.name,
            include=[MemberRuleBody.of(rule) for rule in catalogue.include],
            exclude=[MemberRuleBody.of(rule) for rule in catalogue.exclude],
        )


class CatalogueCreate(StrictModel):
    """A catalogue to be made."""

    code: Slug
    name: Line
    include: Rules = Field(default_factory=list)
    exclude: Rules = Field(default_factory=list)

    def wanted(self) -> Catalogue:
        """The catalogue asked for; its id and version are not given yet."""
        include = tuple(entry.rule() for entry in self.include)
        return Catalogue("", 0, self.code, self.name, include, tuple(entry.rule() for entry in self.exclude))


class CataloguePatch(StrictModel):
    """Fields of a catalogue to be changed; absent ones stay, rules are given whole."""

    name: Line | None = None
    include: Rules | None = None
    exclude: Rules | None = None

    def change(self) -> CatalogueChange:
        """The change asked for."""
        return CatalogueChange(
            self.name,
            None if self.include is None else tuple(entry.rule() for entry in self.include),
            None if self.exclude is None else tuple(entry.rule() for entry in self.exclude),
        )


class CatalogueProducts(StrictModel):
    """Products listed by hand: in, out, or left to the rules again."""

    include: ProductIds = Field(default_factory=list)
    exclude: ProductIds = Field(default_factory=list)
    remove: ProductIds = Field(default_factory=list)

    @model_validator(mode="after")
    def _once(self) -> Self:
        named = [*self.include, *self.exclude, *self.remove]
        if len(set(named)) != len(named):
            raise PydanticCustomError("repeated_product", "a product stands in one of the lists, once")
        return self


class CatalogueMember(Answer):
    """A product of a catalogue; `listed`: by hand, else by a rule."""

    product_id: str
    external_id: str
    title: str
    listed: bool

    @classmethod
    def of(cls, row: RowMapping) -> "CatalogueMember":
        """The wire form of a row."""
        return cls(**row)
