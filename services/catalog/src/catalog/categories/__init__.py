"""Categories: trees that the wholesaler's staff puts products into."""
