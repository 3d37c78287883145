"""gateway: the only door; it composes, limits, revokes and passes through, and keeps nothing."""
