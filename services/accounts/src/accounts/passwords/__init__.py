"""Passwords: argon2id off the event loop, shed before it queues without end."""
