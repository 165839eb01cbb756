"""What the cells of a file mean: states, exits, times."""
