"""The visitor’s door: every public page and what it takes in."""
