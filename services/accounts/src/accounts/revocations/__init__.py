"""Revocations: from which moment on access tokens of a subject count."""
