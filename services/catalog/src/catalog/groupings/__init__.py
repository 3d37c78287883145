"""Groupings: brands and item groups, codes of the ERP that become resources with names."""
