"""Roles: named sets of permissions, for users of customer accounts and for staff."""
