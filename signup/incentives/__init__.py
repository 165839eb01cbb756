"""What a visitor gets for a confirmed sign-up: a file, a link, or a discount code."""
