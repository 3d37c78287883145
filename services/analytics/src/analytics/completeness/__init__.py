"""Completeness: how well products are described, per channel."""
