"""Running it: starting web and workers, health, headers and error pages, the doctor."""
