"""Failures of the gateway's own operations that a caller may see."""

from chassis.failures import Invalid, NotFound, Unavailable


class ProductNotFound(NotFound):
    """No such product, or not in the caller's assortment."""

    code = "product_not_found"
    title = "There is no such product, or it is not in your assortment"


class DocumentNotFound(NotFound):
    """No such contract or problem."""

    code = "document_not_found"
    title = "There is no such document"


class FilterInvalid(Invalid):
    """A filter or sort that this list does not know; catalog says so."""

    code = "filter_invalid"
    title = "This filter cannot be read"


class VisibilityPending(Unavailable):
    """Nobody can say just now what the user may see, so nothing is shown."""

    code = "visibility_pending"
    title = "What you may see is not known just now"
