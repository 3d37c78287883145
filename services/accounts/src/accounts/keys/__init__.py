"""Signing keys: published before they sign, kept until the last token they signed has ended."""
