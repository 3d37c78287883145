"""Products as the ERP knows them: fed, published, never edited here."""
