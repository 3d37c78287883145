"""Stock: how much of a product lies where, as of when."""
