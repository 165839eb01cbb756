"""The page of what was held back."""
