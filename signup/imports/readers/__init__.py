"""Files of many kinds as rows of texts."""
