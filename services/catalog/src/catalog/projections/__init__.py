"""Copies of what others own, as far as catalog needs it."""
