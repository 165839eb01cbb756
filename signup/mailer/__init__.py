"""Mail out: messages, the outbox, rendering, SMTP."""
