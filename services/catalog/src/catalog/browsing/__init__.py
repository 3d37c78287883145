"""Browsing: every read of a channel, under the caller's audience, one statement that builds JSON."""
