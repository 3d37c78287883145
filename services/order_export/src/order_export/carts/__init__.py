"""Carts: what a user means to order; several per user, private or shared with the account."""
