"""Who we know: people, their addresses, and where each came from."""
