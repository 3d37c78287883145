"""Catalogue assignments on the wire."""

from chassis.models import Answer, StrictModel
from chassis.values import ExternalKey, Identifier


class CatalogueAssignments(Answer):
    """Which catalogue accounts without an own one have."""

    default_catalogue_id: str | None
    by_customer_group: dict[str, str]


class CatalogueAssign(StrictModel):
    """A catalogue for a customer group; without a group for all groups that have none, null takes it away."""

    customer_group: ExternalKey | None = None
    catalogue_id: Identifier | None
