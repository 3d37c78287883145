"""Users: a login's membership of one account, with a role and flags that narrow it."""
