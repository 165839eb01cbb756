"""What people do with their own data, by the links in their emails: preferences, leaving, a copy, erasure."""
