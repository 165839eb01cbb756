"""The pages of mailing lists."""
