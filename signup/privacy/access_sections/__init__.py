"""The sections of the file that a person gets of everything we know about them (GDPR art. 15, 20)."""
