"""How mails that come back reach us: a Maildir, an IMAP folder, a pipe, LMTP; and to whom each is handed on."""
