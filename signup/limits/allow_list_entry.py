"""The allow list: networks, mailbox domains and addresses that limits do not apply to, with a reason and an end."""

import time
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_network
from typing import NamedTuple

from flask import current_app
from sqlalchemy import CheckConstraint, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base, db
from signup.ground.dialect import now
from signup.limits.limit_rule import AllowListed, Network, read_ip

FRESH_SECONDS = 2.0
MAX_ENTRIES = 500


class AllowanceKind(StrEnum):
    """What an entry names."""

    NETWORK = "network"
    """Visitors from this network are not counted together: a shop, an office, a fair. They need no proof of work."""
    DOMAIN = "domain"
    """Many mailboxes of this domain may sign up and not confirm. Throw-away domains and role names are allowed."""
    ADDRESS = "address"
    """This address may sign up again and again: the operator's own, for trying things out."""


class Allowance(Base):
    """One entry. An address is kept as a keyed hash and shown masked."""

    __tablename__ = "allowance"
    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(repr(k.value) for k in AllowanceKind)})", name="kind"),
        UniqueConstraint("kind", "value"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    value: Mapped[str] = mapped_column(String(254), comment="network, domain, or the keyed hash of a canonical address")
    label: Mapped[str] = mapped_column(String(254), comment="as operators see it; an address is masked")
    reason: Mapped[str] = mapped_column(String(200))
    ends_at: Mapped[datetime | None] = mapped_column(comment="empty: until it is taken off")
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(server_default=now())


class _Known(NamedTuple):
    networks: list[Network]
    domains: frozenset[str]
    addresses: frozenset[str]


def find_allowed(ip: str | None, domain: str, address: str) -> AllowListed:
    """Which parts of a sign-up are on the allow list now. `address` is the keyed hash of the canonical address."""
    known = _known()
    visitor = read_ip(ip) if ip and known.networks else None
    return AllowListed(
        network=visitor is not None and any(visitor in network for network in known.networks),
        domain=domain in known.domains,
        address=address in known.addresses,
    )


def active() -> list[Allowance]:
    """The entries that are valid now, the newest first."""
    holds = Allowance.ends_at.is_(None) | (Allowance.ends_at > now())
    return list(db.session.scalars(select(Allowance).where(holds).order_by(Allowance.id.desc()).limit(MAX_ENTRIES)))


def forget_allowances() -> None:
    """Read the entries again at the next use, because one was just changed in this process."""
    current_app.extensions.pop("signup.allowances", None)


def _known() -> _Known:
    """Each process reads the entries at most once in two seconds, like the forms."""
    read_at, known = current_app.extensions.get("signup.allowances", (0.0, None))
    if known is None or time.monotonic() - read_at > FRESH_SECONDS:
        known = _read()
        current_app.extensions["signup.allowances"] = (time.monotonic(), known)
    found: _Known = known
    return found


def _read() -> _Known:
    rows = active()
    db.session.rollback()
    return _Known(
        [ip_network(row.value) for row in rows if row.kind == AllowanceKind.NETWORK],
        frozenset(row.value for row in rows if row.kind == AllowanceKind.DOMAIN),
        frozenset(row.value for row in rows if row.kind == AllowanceKind.ADDRESS),
    )
