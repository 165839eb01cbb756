"""Addresses that get no email at all."""
