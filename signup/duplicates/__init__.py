"""Contacts that may be one person: found, merged, and unmerged."""
