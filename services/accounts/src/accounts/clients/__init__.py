"""Machine clients: ERP, PIM, data providers and custom applications, with scopes and a source."""
