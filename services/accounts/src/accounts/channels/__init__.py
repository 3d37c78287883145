"""Channels: registered ordering front ends, public (an app) or confidential (a server with a secret)."""
