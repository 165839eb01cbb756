"""The door of mail providers: what they tell by webhooks."""
