"""Changes many contacts at once."""
