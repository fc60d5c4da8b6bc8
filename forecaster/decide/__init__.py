"""Decisions: the inverse questions, answered with ranges from the same draws as a forecast."""
