"""Incentives: what a visitor gets for a confirmed sign-up."""
