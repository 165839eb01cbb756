"""Whom to reach: rules, segments, search, quality and grades."""
