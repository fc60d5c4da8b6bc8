"""The figures of the card, one a module."""
