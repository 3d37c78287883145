"""Offers: what a caller may order just now, in which quantities and at which price, as the neighbours say."""
