"""Questions about a forecast: laws compared, choices varied."""
