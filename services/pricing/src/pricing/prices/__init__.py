"""Price rows as the ERP sent them, and the one rule that picks a price from them."""
