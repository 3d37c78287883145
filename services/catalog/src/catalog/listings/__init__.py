"""Listings: one derived row per product that every list, search and rule looks at."""
