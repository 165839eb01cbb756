"""The pages of the contact database’s fields."""
