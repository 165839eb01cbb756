"""Mailbox providers as a sender meets them: one company, one set of rules, whatever the domain after the @."""

from typing import Any

from sqlalchemy import ColumnElement, String, case, func, literal

from signup.addresses.mailbox_provider import PROVIDERS
from signup.ground.db import is_postgresql

OTHER = "other"
GROUPS = {"gmail": ("gmail",), "outlook": ("outlook",), "yahoo": ("yahoo", "aol"), "gmx": ("gmx", "web.de"), OTHER: ()}
"""By name, the keys of the providers in it. Domains of companies are `other`, whoever hosts them."""


def domains_of(group: str) -> list[str]:
    return sorted(domain for domain, provider in PROVIDERS.items() if provider.key in GROUPS[group])


def group_of(address: Any) -> ColumnElement[str]:
    """The group of an address, in SQL."""
    at = func.strpos(address, "@") if is_postgresql() else func.instr(address, "@")
    domain = func.lower(func.substr(address, at + 1))
    known = [(domain.in_(domains_of(name)), literal(name, String())) for name in GROUPS if name != OTHER]
    return case(*known, else_=literal(OTHER, String()))
