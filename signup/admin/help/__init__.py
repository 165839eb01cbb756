"""The manual inside the admin."""
