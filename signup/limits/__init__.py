"""Limits: how often an address, a network, a domain, a list and the whole service may sign up. `governor` counts."""
