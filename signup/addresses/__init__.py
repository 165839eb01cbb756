"""Email addresses: how they are read, compared and limited, and what kind of mailbox they name."""
