"""The page of messages and registrations."""
