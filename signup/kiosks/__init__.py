"""Sign-ups at a shop’s kiosk: devices, staff, and what they take while offline."""
