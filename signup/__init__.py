"""A self-hosted double-opt-in sign-up service: forms, proof of consent, confirmed contacts."""

__version__ = "0.2.0"
