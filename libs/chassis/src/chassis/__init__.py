"""What every service stands on, and nothing that knows the business of one."""
