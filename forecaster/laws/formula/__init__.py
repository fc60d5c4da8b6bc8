"""Formulas: the grammar, its tree, and what is made of a tree."""
