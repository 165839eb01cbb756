"""How our mails fare with each mailbox provider."""
