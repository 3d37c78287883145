"""Content: the digital layer of a product, written by staff, survives every import."""
