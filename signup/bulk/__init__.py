"""Many contacts changed at once."""
