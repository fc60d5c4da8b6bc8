"""Backtests: how forecasts from smaller runs did on larger ones, and the weights that earns."""
