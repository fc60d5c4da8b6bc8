"""Sampling: the only place that knows PyMC, PyTensor, nutpie and numba."""
