"""What happened: events on a contact's timeline, and the counts drawn from them."""
