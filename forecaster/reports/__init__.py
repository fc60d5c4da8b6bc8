"""Reports: one card, many writers."""
