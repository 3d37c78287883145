"""analytics: figures over everything, kept from what the others publish; nothing here could not be lost."""
