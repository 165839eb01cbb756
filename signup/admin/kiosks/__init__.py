"""The pages of kiosks and staff."""
