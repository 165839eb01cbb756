"""The pages of incentives and discount codes."""
