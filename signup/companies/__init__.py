"""Companies and households: which people belong together."""
