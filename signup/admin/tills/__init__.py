"""The pages of tills and staff."""
