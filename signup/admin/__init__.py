"""The operator's door: sign-in and the pages that show and change the record."""
