"""A visit: from where somebody acted, and how. Consent events keep it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Visit:
    """What a request tells about the visitor. `ip` and `agent` are None where the operator keeps no addresses."""

    ip: str | None
    agent: str | None
    method: str
    """How: `form`, `json`, `link`, `code`, `one-click`, …"""
