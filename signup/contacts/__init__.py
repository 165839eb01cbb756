"""A contact: one person we know, where they came from, and the history of their values."""
