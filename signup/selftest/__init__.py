"""The service tries itself, from outside and through every part, and leaves nothing behind."""
