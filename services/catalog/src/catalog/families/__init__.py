"""Families: product classes, with the attributes they have and the fields they demand."""
