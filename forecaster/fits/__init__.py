"""Fits: a law and a table become a posterior, and draws at any inputs."""
