"""Catalogues: assortments, with members by list and by rule, and exclusions."""
