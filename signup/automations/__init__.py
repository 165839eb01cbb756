"""Letters that go by themselves, to one person at a time, when their day has come."""
