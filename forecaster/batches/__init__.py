"""Batches: many tables through the recipe of one forecast, here or on a cluster."""
