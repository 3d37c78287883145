"""Products as a channel sees them: catalog's content and pricing's prices, put together as bytes."""
