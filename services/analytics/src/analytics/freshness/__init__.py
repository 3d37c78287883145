"""Freshness: how old the data of every feed is, and where exports stand."""
