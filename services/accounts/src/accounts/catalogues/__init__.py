"""Which catalogue accounts have when they have no own: by customer group, and by default."""
