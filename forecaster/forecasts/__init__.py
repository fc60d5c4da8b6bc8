"""Forecasts: weights and draws become the answer, with its grade."""
