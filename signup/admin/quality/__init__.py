"""The pages of quality and grades."""
