"""The pages of the outbox."""
