"""Product codes: other numbers of a product (GTIN, manufacturer's, former, a customer's own)."""
