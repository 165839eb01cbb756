"""Mail out: messages, the outbox, rendering, SMTP, and the development catcher."""
