"""Exports: the job that brings one order to one connector, as a state machine with a lease and a fence."""
