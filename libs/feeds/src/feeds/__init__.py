"""Bulk data in: streams of rows are staged, validated and merged by sets, with one result per input row."""
