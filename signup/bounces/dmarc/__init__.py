"""What receivers report of the mails in our name (DMARC aggregate reports): figures, never more."""
