"""Attributes on the wire."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from catalog.attributes.models import Attribute, AttributeChange, AttributeType, Option
from catalog.categories.schemas import Names
from chassis.models import Answer, StrictModel
from chassis.values import Flag, Line, Slug


class OptionBody(StrictModel):
    """One of the values an option attribute can have."""

    code: Slug
    names: Names

    def option(self) -> Option:
        """The option meant."""
        return Option(self.code, self.names)


def _each_once(options: list[OptionBody]) -> list[OptionBody]:
    if len({option.code for option in options}) < len(options):
        raise PydanticCustomError("code_repeated", "two options have the same code")
    return options


Options = Annotated[list[OptionBody], Field(max_length=1000), AfterValidator(_each_once)]


class AttributeDefinition(Answer):
    """A typed property that products can have."""

    id: str
    code: str
    names: dict[str, str]
    type: AttributeType
    unit: str | None
    localized: bool
    facet: bool
    axis: bool
    options: list[OptionBody]

    @classmethod
    def of(cls, attribute: Attribute) -> "AttributeDefinition":
        """The wire form of an attribute."""
        return cls(
            id=attribute.id,
            code=attribute.code,
            names=dict(attribute.names),
            type=attribute.type,
            unit=attribute.unit,
            localized=attribute.localized,
            facet=attribute.facet,
            axis=attribute.axis,
            options=[OptionBody(code=option.code, names=dict(option.names)) for option in attribute.options],
        )


class AttributeCreate(StrictModel):
    """An attribute to be made."""

    code: Slug
    names: Names
    type: AttributeType
    unit: Line | None = None
    localized: Flag = False
    facet: Flag = False
    axis: Flag = False
    options: Options = Field(default_factory=list)

    def wanted(self) -> Attribute:
        """The attribute asked for; its id and version are not given yet."""
        options = tuple(option.option() for option in self.options)
        return Attribute(
            "", 0, self.code, self.names, self.type, self.unit, self.localized, self.facet, self.axis, options
        )


class AttributePatch(StrictModel):
    """Fields of an attribute to be changed; absent ones stay. Options are given all."""

    names: Names | None = None
    unit: Line | None = None
    facet: Flag | None = None
    axis: Flag | None = None
    options: Options | None = None

    def change(self) -> AttributeChange:
        """The change asked for."""
        options = None if self.options is None else tuple(option.option() for option in self.options)
        return AttributeChange(self.names, self.unit, self.facet, self.axis, options)
