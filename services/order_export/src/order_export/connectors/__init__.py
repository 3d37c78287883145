"""Connectors: the outside systems orders are brought to, and how each is spoken to."""
