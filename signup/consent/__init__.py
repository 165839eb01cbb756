"""What they agreed to: lists, subscriptions, and the append-only proof."""
