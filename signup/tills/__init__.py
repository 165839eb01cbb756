"""Sign-ups at a shop’s till: devices, staff, and what they take while offline."""
