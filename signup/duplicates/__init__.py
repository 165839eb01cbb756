"""Contacts that may be the same person: finds, merges and unmerges them."""
