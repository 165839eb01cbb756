"""The pages of campaigns: all of them, the letter, sending it, and what became of it."""
