"""Browsing: every read of a channel, each under the caller's audience, each one statement that builds JSON."""
