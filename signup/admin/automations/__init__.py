"""The page of a list's automations."""
