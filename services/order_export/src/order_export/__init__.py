"""Carts, orders as placed with their evidence, and the export that brings each to the ERP exactly once."""
