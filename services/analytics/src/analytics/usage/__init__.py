"""Usage: searches, log-ins and views, as far back as they were heard."""
