"""Verbs about mail: campaigns, automations, the outbox, keys, what comes back."""
