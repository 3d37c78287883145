"""Projections: copies of what the other services publish, as the figures need them."""
