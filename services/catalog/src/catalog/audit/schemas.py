"""Audit rows on the wire, under a name of their own in the contract."""

from chassis.audit import AuditEntry


class CatalogAuditEntry(AuditEntry):
    """Who changed what, and how it was before and after."""
