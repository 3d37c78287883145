"""Attributes: the typed properties products can have."""
