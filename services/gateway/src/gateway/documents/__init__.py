"""Documents: the published contracts, a page to read them, and what each problem code means."""
