"""Statistics of plain arrays: mixtures, distributions, scores, convergence, weights."""
