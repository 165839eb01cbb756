"""Tells other programs what happened: the feed of events that they read, and webhooks that are sent to them."""
