"""Orders: what was placed, with the evidence of its prices, and what happened to it since."""
