"""accounts: who somebody is, for which customer account, and what he may do."""
