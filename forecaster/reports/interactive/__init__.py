"""The explorer: the forecast's own model on the page."""
