"""Audiences: the compiled answer to what a user may see, shared by all users for whom it is the same."""
