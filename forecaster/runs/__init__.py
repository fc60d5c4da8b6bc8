"""Runs: what was measured, and where we ask."""
