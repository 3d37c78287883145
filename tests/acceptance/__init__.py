"""A real wholesaler's trade, played through the public surfaces and reconciled to the cent."""
