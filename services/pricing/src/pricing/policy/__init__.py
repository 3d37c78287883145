"""The price policy: how a price is picked where several would do, set by the wholesaler."""
