"""Every failure of catalog a caller may see."""

from collections.abc import Sequence

from chassis.failures import Conflict, FieldError, Invalid, NotFound, Unavailable


class VisibilityPending(Unavailable):
    """Nobody can say just now what this user may see."""

    code = "visibility_pending"
    title = "What you may see is not known just now"


class AudienceUnknown(NotFound):
    """The user does not exist, or nothing is known of what he may see."""

    code = "audience_unknown"
    title = "It is not known what this user may see"


class ProductNotFound(NotFound):
    """No such product, or not for this caller's eyes."""

    code = "product_not_found"
    title = "There is no such product"


class CategoryNotFound(NotFound):
    """No such category."""

    code = "category_not_found"
    title = "There is no such category"


class CategoryTreeNotFound(NotFound):
    """No such category tree."""

    code = "category_tree_not_found"
    title = "There is no such category tree"


class AttributeNotFound(NotFound):
    """No such attribute."""

    code = "attribute_not_found"
    title = "There is no such attribute"


class FamilyNotFound(NotFound):
    """No such family."""

    code = "family_not_found"
    title = "There is no such family"


class CatalogueNotFound(NotFound):
    """No such catalogue."""

    code = "catalogue_not_found"
    title = "There is no such catalogue"


class GroupingNotFound(NotFound):
    """No such brand or item group."""

    code = "grouping_not_found"
    title = "There is no such brand or item group"


class CodeTaken(Conflict):
    """Another one of its kind has this code."""

    code = "code_taken"
    title = "The code is taken"

    def __init__(self, code: str) -> None:
        super().__init__(errors=[FieldError("code_taken", f"{code} is taken", pointer="/code")])


class InUse(Conflict):
    """It cannot be removed while something uses it."""

    code = "in_use"
    title = "It is in use and cannot be removed"

    def __init__(self, users: int) -> None:
        super().__init__(f"{users} use it", extra={"uses": users})


class CategoryCycle(Conflict):
    """A category cannot stand below itself."""

    code = "category_cycle"
    title = "A category cannot stand below itself"


class UnknownReference(Invalid):
    """The body names things that do not exist."""

    code = "unknown_reference"
    title = "Something named here does not exist"

    def __init__(self, pointer: str, unknown: Sequence[str]) -> None:
        super().__init__(
            errors=[
                FieldError("unknown_reference", f"{name} does not exist", pointer) for name in unknown[:100]
            ]
        )


class ValueRefused(Invalid):
    """Attribute values that do not fit their attributes."""

    code = "attribute_value_refused"
    title = "A value does not fit its attribute"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(errors=errors)


class FilterInvalid(Invalid):
    """A filter of the list cannot be read."""

    code = "filter_invalid"
    title = "A filter of this list cannot be read"

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(errors=[FieldError("filter_invalid", message, parameter=parameter)])
