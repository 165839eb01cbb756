"""Contacts as files: whom, which columns, in which format."""
