"""Export presets: what other programs want a file of people to look like, one table of columns each."""
