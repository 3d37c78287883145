"""Logins: a person's credential, whatever accounts it is a member of."""
