"""Staff: people of the wholesaler, each with one staff role."""
