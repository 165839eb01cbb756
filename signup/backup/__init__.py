"""Backup and restore: nobody who left after a backup is mailed after its restore."""
