"""Invitations and password resets: single-use links by mail, which tell nobody whether a login exists."""
