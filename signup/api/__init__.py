"""The program's door: JSON over HTTP, with a key in a header. No cookie, and no page of another origin may read it."""
