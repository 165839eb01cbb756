"""Files in and out: exports of contacts, imports of people known elsewhere."""
