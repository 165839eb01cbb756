"""The visitor's door: forms, sign-up, confirmation, unsubscribing, preferences, downloads."""
