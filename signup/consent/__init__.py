"""What people agreed to: lists, subscriptions, and the append-only proof."""
