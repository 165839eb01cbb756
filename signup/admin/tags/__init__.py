"""Tags: the page of all of them, and putting them on a contact."""
