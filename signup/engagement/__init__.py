"""What people did with a letter, as far as they agreed that it is recorded; machines apart."""
