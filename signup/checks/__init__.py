"""Offline checks of values: postal codes, telephone and company numbers, activity codes, legal forms."""
