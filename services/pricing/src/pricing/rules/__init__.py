"""Visibility rules: what staff grant to, limit for or hide from groups, accounts, roles and users."""
