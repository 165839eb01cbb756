"""Asks the DNS. What does not exist is an empty answer; what nobody knows raises `DnsAway`."""

from ipaddress import ip_address
from typing import Any

import dns.exception
import dns.resolver
import dns.reversename

from signup.mailer.mail_domain import resolver_of

NOTHING_THERE = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


class DnsAway(Exception):
    """The DNS gave no answer in time, or a broken one."""


class DnsLookup:
    """One examination's questions; each is asked once."""

    def __init__(self, server: str) -> None:
        self._resolver = resolver_of(server)
        self._known: dict[tuple[str, str], list[Any]] = {}

    def texts(self, name: str) -> list[str]:
        """The TXT records, each in one piece."""
        return [b"".join(one.strings).decode("utf-8", "replace") for one in self._ask(name, "TXT")]

    def addresses(self, name: str) -> list[str]:
        """The addresses of a host, IPv4 first; of an address itself that address."""
        try:
            return [str(ip_address(name))]
        except ValueError:
            return [one.to_text() for kind in ("A", "AAAA") for one in self._ask(name, kind)]

    def exchanges(self, domain: str) -> list[str]:
        """The mail servers of a domain, in their order; `.` says that it takes no mail (RFC 7505)."""
        found = sorted(self._ask(domain, "MX"), key=lambda one: one.preference)
        return [one.exchange.to_text(omit_final_dot=True) or "." for one in found]

    def names(self, address: str) -> list[str]:
        """The names of an address, by its PTR records."""
        reverse = dns.reversename.from_address(address).to_text()
        return [one.target.to_text(omit_final_dot=True).lower() for one in self._ask(reverse, "PTR")]

    def _ask(self, name: str, kind: str) -> list[Any]:
        if (name, kind) not in self._known:
            try:
                self._known[name, kind] = list(self._resolver.resolve(name, kind))
            except NOTHING_THERE:
                self._known[name, kind] = []
            except (dns.exception.DNSException, UnicodeError, OSError) as error:
                raise DnsAway(f"{kind} {name}: {type(error).__name__}") from error
        return self._known[name, kind]
