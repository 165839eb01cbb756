"""Messages and registrations that visitors send by a form."""
