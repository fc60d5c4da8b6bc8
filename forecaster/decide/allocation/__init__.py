"""What to train with a budget."""
