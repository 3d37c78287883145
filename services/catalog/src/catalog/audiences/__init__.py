"""Audiences: what a user may see, as pricing compiled it, and the one predicate made of it."""
