"""Commands about other programs: their keys, and the webhooks that tell them."""
