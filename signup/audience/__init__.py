"""Whom to reach: finding contacts by address, name, status and list."""
