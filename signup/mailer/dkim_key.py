"""DKIM keys: one domain signs its mails with them (RFC 6376; Ed25519: RFC 8463). The public half stands in DNS."""

import re
import textwrap
import time
from base64 import b64encode
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from flask import current_app
from sqlalchemy import CheckConstraint, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base, db
from signup.ground.dialect import now
from signup.ground.driver_sql import driver_connection, run
from signup.ground.secret_box import Secret, UnreadableSecret, decrypt, encrypt

RSA_BITS = 2048
SEEN_FOR = 60.0
"""Seconds after which a process looks for new keys."""
TXT_STRING = 255
"""Bytes of one string of a TXT record (RFC 1035, 3.3.14); a longer record has several."""
SELECTOR = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
Private = RSAPrivateKey | Ed25519PrivateKey


log = structlog.get_logger()


class DkimAlgorithm(StrEnum):
    """How a key signs. Every receiver knows RSA; Ed25519 stands beside it, never alone."""

    RSA = "rsa-sha256"
    ED25519 = "ed25519-sha256"


class DkimKey(Base):
    """One key of one domain. The private half is encrypted; whoever reads the database cannot sign."""

    __tablename__ = "dkim_key"
    __table_args__ = (
        UniqueConstraint("domain", "selector"),
        CheckConstraint(f"algorithm IN ({', '.join(repr(s.value) for s in DkimAlgorithm)})", name="algorithm"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    domain: Mapped[str] = mapped_column(String(253))
    selector: Mapped[str] = mapped_column(String(40))
    algorithm: Mapped[str] = mapped_column(String(16))
    private_key: Mapped[str] = mapped_column(Text, comment="DER, encrypted")
    public_key: Mapped[str] = mapped_column(Text, comment="base64, as it stands in DNS")
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    retired_at: Mapped[datetime | None] = mapped_column(comment="signs no more; its record may go a week later")

    @property
    def record_name(self) -> str:
        """Where its record stands in DNS."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """The record's text (RFC 6376, 3.6.1)."""
        kind = "rsa" if self.algorithm == DkimAlgorithm.RSA else "ed25519"
        return f"v=DKIM1; k={kind}; p={self.public_key}"

    @property
    def zone_line(self) -> str:
        """As a zone file has it, in strings that are short enough."""
        strings = " ".join(f'"{part}"' for part in textwrap.wrap(self.record, TXT_STRING, drop_whitespace=False))
        return f"{self.record_name}. IN TXT ( {strings} )"


class SigningKey(NamedTuple):
    """A key that is ready to sign."""

    selector: str
    algorithm: DkimAlgorithm
    private: Private


def make_key(domain: str, selector: str, algorithm: DkimAlgorithm = DkimAlgorithm.RSA) -> DkimKey:
    """A new key, which signs from the commit on. Needs an open transaction. Raises `ValueError` for a bad selector."""
    if not SELECTOR.fullmatch(selector):
        raise ValueError("a selector is letters, digits and hyphens")
    private: Private
    if algorithm == DkimAlgorithm.RSA:
        private = generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        private = Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    secret = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    made = DkimKey(
        domain=domain,
        selector=selector,
        algorithm=algorithm,
        private_key=encrypt(Secret.DKIM, secret, f"{selector}.{domain}"),
        public_key=b64encode(public).decode(),
    )
    db.session.add(made)
    db.session.flush()
    return made


def keys_of(domain: str) -> list[DkimKey]:
    """All keys of a domain, the newest first."""
    return list(db.session.scalars(select(DkimKey).where(DkimKey.domain == domain).order_by(DkimKey.id.desc())))


def signing_keys(domain: str) -> tuple[SigningKey, ...]:
    """The newest running key of each algorithm, RSA first; none where there is no RSA key. For the hot path."""
    seen: dict[str, tuple[float, tuple[SigningKey, ...]]]
    seen = current_app.extensions.setdefault("signup.dkim_keys", {})
    at, found = seen.get(domain, (0.0, ()))
    if not at or time.monotonic() - at > SEEN_FOR:
        found = _read(domain)
        seen[domain] = (time.monotonic(), found)
    return found


def forget_keys() -> None:
    """Look at the keys anew at the next mail of this process."""
    current_app.extensions.pop("signup.dkim_keys", None)


def _read(domain: str) -> tuple[SigningKey, ...]:
    with driver_connection(writes=False) as connection:
        rows = run(connection, _RUNNING, {"domain": domain}).fetchall()
    found: dict[str, SigningKey] = {}
    for selector, algorithm, private_key in rows:
        if algorithm not in found:
            try:
                secret = decrypt(Secret.DKIM, private_key, f"{selector}.{domain}")
            except UnreadableSecret:  # its key left SECRET_KEYS: an unsigned mail is better than none
                log.exception("dkim.unreadable", domain=domain, selector=selector)
                continue
            private = load_der_private_key(secret, None)
            if isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
                found[algorithm] = SigningKey(selector, DkimAlgorithm(algorithm), private)
    if DkimAlgorithm.RSA not in found:
        return ()
    return tuple(found[one] for one in DkimAlgorithm if one in found)


_RUNNING = """
    SELECT selector, algorithm, private_key FROM dkim_key
    WHERE domain = :domain AND retired_at IS NULL ORDER BY id DESC
"""
