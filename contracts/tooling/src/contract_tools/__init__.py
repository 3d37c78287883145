"""Writes and checks what the platform publishes: HTTP documents, events, dependencies."""
