"""Files in and out: exports of confirmed contacts."""
