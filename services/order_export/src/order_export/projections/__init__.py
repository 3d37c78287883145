"""Copies of other services' state: what order_export needs of accounts, users and products."""
