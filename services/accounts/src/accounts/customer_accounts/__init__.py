"""Customer accounts: organisations as the ERP knows them, with what the platform adds."""
