"""A density generated from the formula: its graph and gradient, the program made of it, and machine code."""
