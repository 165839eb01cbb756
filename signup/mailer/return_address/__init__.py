"""Signed addresses on our own domain for mail that comes back: the return path of a mail, and the way out by mail."""
