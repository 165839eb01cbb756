"""Counts of what happened, and the funnel drawn from them."""
