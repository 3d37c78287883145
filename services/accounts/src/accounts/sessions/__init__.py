"""Sessions: logging in, rotating refresh tokens, switching the account, logging out."""
