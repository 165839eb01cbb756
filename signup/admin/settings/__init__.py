"""The pages of settings, API keys and the audit trail."""
