"""Every failure of order_export a caller may see."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.failures import Conflict, Denied, FieldError, Invalid, NotFound, Unavailable


class CartNotFound(NotFound):
    """No such cart, or not yours."""

    code = "cart_not_found"
    title = "There is no such cart"


class CartChanged(Conflict):
    """The cart is not as the caller last saw it."""

    code = "cart_changed"
    title = "The cart was changed in the meantime; read it again"

    def __init__(self, version: int) -> None:
        super().__init__(extra={"version": version})


class CartEmpty(Invalid):
    """An order needs lines."""

    code = "cart_empty"
    title = "There is nothing to order"


class CartTooLarge(Invalid):
    """A cart holds a bounded number of lines."""

    code = "cart_too_large"
    title = "A cart holds at most 1,000 lines"


class CartLineUnknown(Invalid):
    """A change names a line that is not in the cart, and no product for a new one."""

    code = "cart_line_unknown"
    title = "There is no such line in the cart"

    def __init__(self, index: int) -> None:
        super().__init__(errors=[FieldError("cart_line_unknown", "not in this cart", f"/lines/{index}")])


class OrderNotFound(NotFound):
    """No such order, or not yours."""

    code = "order_not_found"
    title = "There is no such order"


class AccountOnHold(Denied):
    """The wholesaler does not take orders of this account now."""

    code = "account_on_hold"
    title = "Orders of this account are on hold"


class OrderTermsViolated(Invalid):
    """Quantities or products that cannot be ordered; each line says what could be."""

    code = "order_terms_violated"
    title = "Some lines cannot be ordered like this"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(errors=errors)


class ProductUnavailable(Invalid):
    """Lines name products that do not exist for this caller."""

    code = "product_unavailable"
    title = "Some products are not available to you"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(errors=errors)


class PriceOnRequest(Conflict):
    """Lines without a price cannot be ordered."""

    code = "price_on_request"
    title = "Some products have no price; ask for one"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(errors=errors)


class PriceChanged(Conflict):
    """Prices differ from what the caller expected."""

    code = "price_changed"
    title = "Prices have changed"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(errors=errors)


class ShipToUnknown(Invalid):
    """The address is none of the account's."""

    code = "ship_to_unknown"
    title = "This is no delivery address of the account"

    def __init__(self) -> None:
        super().__init__(
            errors=[FieldError("ship_to_unknown", "not an address of the account", "/ship_to_id")]
        )


class OrderLimitReached(Conflict):
    """Too many orders of the account wait for the ERP."""

    code = "order_limit_reached"
    title = "Too many orders of this account are waiting to be processed"


class OutcomeUnknown(Unavailable):
    """The commit was not confirmed: the order may exist. The same key finds out."""

    code = "outcome_unknown"
    title = "It is not known whether the order was stored; repeat with the same Idempotency-Key"

    def __init__(self, key: str) -> None:
        super().__init__(extra={"idempotency_key": key})


class ConnectorNotFound(NotFound):
    """No such connector, or not of the caller's source."""

    code = "connector_not_found"
    title = "There is no such connector"


class ConnectorCodeTaken(Conflict):
    """Another connector has this code."""

    code = "connector_code_taken"
    title = "Another connector has this code"


class ConnectorSourceTaken(Conflict):
    """An order reaches its ERP once, so a source has one active connector."""

    code = "connector_source_taken"
    title = "Another active connector serves this source"


class ConnectorInUse(Conflict):
    """Exports of the connector are not finished."""

    code = "connector_in_use"
    title = "Exports of this connector are still open"


class ConnectorInvalid(Invalid):
    """Settings of a connector do not fit together."""

    code = "connector_invalid"
    title = "The settings of this connector do not fit together"


class ConnectorNotPull(Conflict):
    """A push connector is served by the platform itself."""

    code = "connector_not_pull"
    title = "Orders of this connector are pushed; nobody claims them"


class ExportNotFound(NotFound):
    """No such export, or not of the caller's source."""

    code = "export_not_found"
    title = "There is no such export"


class StaleFence(Conflict):
    """Somebody claimed the export after you."""

    code = "stale_fence"
    title = "The export was claimed again since; this fence no longer counts"


class ExportStateForbids(Conflict):
    """What is asked for does not follow from the export's state."""

    code = "export_state_forbids"
    title = "The export's state does not allow this"

    def __init__(self, state: str) -> None:
        super().__init__(f"it is {state}", extra={"state": state})


class SettlementInvalid(Invalid):
    """An acknowledged export has a number, a rejected one has none."""

    code = "settlement_invalid"
    title = "Name the ERP's order number with acknowledged, and only then"

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("settlement_invalid", "see title", "/erp_order_number")])


def at(pointer: str, code: str, message: str, extra: Mapping[str, Any] | None = None) -> FieldError:
    """What is wrong at a place of the request body."""
    return FieldError(code, message, pointer=pointer, extra=extra)
