"""Operators put a network, a mailbox domain or an address on the allow list, and take it off."""

from datetime import timedelta
from ipaddress import ip_network

from sqlalchemy import delete

from signup.addresses import address as addresses
from signup.ground import tokens
from signup.ground.db import db, upsert
from signup.ground.dialect import now
from signup.ground.errors import InvalidAddress
from signup.limits.allow_list_entry import Allowance, AllowanceKind, forget_allowances

WIDEST = {4: 16, 6: 32}
"""The shortest prefixes that are taken. A wider network than one provider's is a typing error."""


def read_subject(text: str) -> tuple[AllowanceKind, str, str]:
    """Read what an operator typed as kind, stored value and label. Raises `InvalidAddress` for anything else."""
    text = text.strip().lower()
    if "@" in text and not text.startswith("@"):
        parsed = addresses.parse(text)
        return AllowanceKind.ADDRESS, tokens.keys().hash(parsed.canonical), addresses.mask(parsed.key)
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        domain = addresses.parse(f"someone@{text.removeprefix('@')}").domain
        return AllowanceKind.DOMAIN, domain, domain
    if network.prefixlen < WIDEST[network.version]:
        raise InvalidAddress("too wide")
    return AllowanceKind.NETWORK, str(network), str(network)


def add_entry(text: str, reason: str, length: timedelta | None, by: str) -> str:
    """Put what `text` names on the allow list, for `length` or without end; an entry that exists is renewed. Needs an
    open transaction.

    Returns its label. Raises `InvalidAddress`.
    """
    kind, value, label = read_subject(text)
    values = {"label": label, "reason": reason, "ends_at": now(length) if length else None, "created_by": by}
    row = upsert(Allowance).values(kind=kind, value=value, **values)
    db.session.execute(
        row.on_conflict_do_update(index_elements=["kind", "value"], set_={**values, "created_at": now()})
    )
    forget_allowances()
    return label


def end_entry(allowance_id: int) -> str | None:
    """End an entry. Needs an open transaction. Returns its label, or None where there was none."""
    gone = delete(Allowance).where(Allowance.id == allowance_id).returning(Allowance.label)
    label: str | None = db.session.scalar(gone)
    forget_allowances()
    return label
