"""Readers: a file of some kind to its raw cells, one kind a module."""
