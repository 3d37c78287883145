"""Import runs of all services in one list."""
