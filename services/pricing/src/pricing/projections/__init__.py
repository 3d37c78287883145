"""Local read copies of accounts, users, roles, products and categories, for what pricing needs of them."""
