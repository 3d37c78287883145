"""Admission: whose token still counts, how much a caller may send, which origins browsers may use."""
