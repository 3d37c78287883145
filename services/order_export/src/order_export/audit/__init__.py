"""Audit: who changed what, with before and after, written in the transaction of the change."""
