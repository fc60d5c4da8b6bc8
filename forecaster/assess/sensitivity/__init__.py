"""A forecast with its choices made otherwise."""
