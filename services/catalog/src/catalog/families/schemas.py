"""Families on the wire."""

from typing import Annotated

from pydantic import Field

from catalog.categories.schemas import Names
from catalog.families.models import Completeness, Family, Requirement
from catalog.families.service import FamilyChange
from chassis.models import Answer, StrictModel
from chassis.values import Identifier, LocaleOrNone, Slug


class RequirementBody(StrictModel):
    """A field a channel demands: `title`, `description`, `image` or an attribute; maybe in a language."""

    channel: Slug
    locale: LocaleOrNone = ""
    field: Slug

    def requirement(self) -> Requirement:
        """The requirement meant."""
        return Requirement(self.channel, self.locale, self.field)

    @classmethod
    def of(cls, requirement: Requirement) -> "RequirementBody":
        """The wire form of a requirement."""
        return cls(channel=requirement.channel, locale=requirement.locale, field=requirement.field)


Requirements = Annotated[list[RequirementBody], Field(max_length=1000)]
AttributeIds = Annotated[list[Identifier], Field(max_length=500)]


class FamilyOut(Answer):
    """A product class."""

    id: str
    code: str
    names: dict[str, str]
    attribute_ids: list[str]
    requirements: list[RequirementBody]

    @classmethod
    def of(cls, family: Family) -> "FamilyOut":
        """The wire form of a family."""
        return cls(
            id=family.id,
            code=family.code,
            names=dict(family.names),
            attribute_ids=list(family.attribute_ids),
            requirements=[RequirementBody.of(requirement) for requirement in family.requirements],
        )


class FamilyCreate(StrictModel):
    """A family to be made."""

    code: Slug
    names: Names
    attribute_ids: AttributeIds = Field(default_factory=list)
    requirements: Requirements = Field(default_factory=list)

    def wanted(self) -> Family:
        """The family asked for; its id and version are not given yet."""
        requirements = tuple(entry.requirement() for entry in self.requirements)
        return Family("", 0, self.code, self.names, tuple(self.attribute_ids), requirements)


class FamilyPatch(StrictModel):
    """Fields of a family to be changed; absent ones stay, lists are given whole."""

    names: Names | None = None
    attribute_ids: AttributeIds | None = None
    requirements: Requirements | None = None

    def change(self) -> FamilyChange:
        """The change asked for."""
        return FamilyChange(
            self.names,
            None if self.attribute_ids is None else tuple(self.attribute_ids),
            None if self.requirements is None else tuple(entry.requirement() for entry in self.requirements),
        )


class ChannelCompleteness(Answer):
    """How much of what a channel demands is there, and which fields are not."""

    channel: str
    percent: int
    missing: list[RequirementBody]

    @classmethod
    def of(cls, channel: str, found: Completeness) -> "ChannelCompleteness":
        """The wire form of a channel's completeness."""
        return cls(
            channel=channel,
            percent=found.percent,
            missing=[RequirementBody.of(requirement) for requirement in found.missing],
        )


class ProductCompleteness(Answer):
    """Completeness by channel; empty for a product without a family."""

    product_id: str
    channels: list[ChannelCompleteness]
