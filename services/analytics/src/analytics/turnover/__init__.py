"""Turnover: orders and line amounts as placed, per currency, local day and origin."""
