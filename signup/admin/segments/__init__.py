"""The pages of segments, and the rule builder."""
