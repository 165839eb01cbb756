"""How our mails fare, and what to do about it."""
