"""E-mail addresses: how one is read, compared and throttled, and what kind of mailbox it names."""
