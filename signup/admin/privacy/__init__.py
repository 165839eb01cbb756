"""Erasing people, and legal holds."""
