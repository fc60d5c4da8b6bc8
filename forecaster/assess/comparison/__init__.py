"""Laws side by side."""
