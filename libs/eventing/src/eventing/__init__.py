"""State and notices between services: a producer model, a handler, and everything in between is here."""
