"""Companies and households: people who belong together."""
