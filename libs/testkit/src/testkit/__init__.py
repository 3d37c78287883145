"""Real servers for tests, services as processes, and the stand-ins a test may have: a clock, a mailbox."""
