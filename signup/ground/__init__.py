"""What every room stands on: settings, database, time, tokens, languages, logs, jobs and the broker."""
