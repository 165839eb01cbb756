"""Runs the service: starts web and workers; has health, headers, error pages and the doctor."""
