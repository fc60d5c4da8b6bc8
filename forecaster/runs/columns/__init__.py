"""Columns: which header stands for which standard column, in which unit, and its cells as numbers or words."""
