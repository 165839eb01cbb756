"""The pages of duplicates and merges."""
