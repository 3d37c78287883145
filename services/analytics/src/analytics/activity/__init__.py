"""Activity: which accounts ordered, logged in or never came."""
