"""Passing: which service answers a published path, and its bytes both ways as streams."""
