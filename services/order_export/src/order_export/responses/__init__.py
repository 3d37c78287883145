"""Order responses: what the ERP answers later, per line and kind, cumulative, newest wins."""
