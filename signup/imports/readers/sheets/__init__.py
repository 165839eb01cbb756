"""Spreadsheets as rows of texts, as a person sees them: one reader for each kind of file, run in its own process."""
