"""Whether a domain's SPF record lets a host send for it (RFC 7208), and what is wrong with the record."""

from ipaddress import ip_address, ip_network

from signup.deliverability.dns_lookup import DnsLookup

MOST_LOOKUPS = 10
"""More is a permanent error to every receiver (RFC 7208, 4.6.4)."""
ASKS = {"include", "a", "mx", "ptr", "exists", "redirect"}


class SpfError(Exception):
    """A record that receivers cannot use. `code` names what is wrong."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


class Spf:
    """The record of one domain, with all that it includes."""

    def __init__(self, dns: DnsLookup, domain: str) -> None:
        self._dns, self._domain, self._lookups = dns, domain, 0
        self.record = self._record(domain)

    def passes(self, address: str) -> bool:
        """Whether `address` may send. Raises `SpfError`."""
        self._lookups = 0
        return self._verdict(self._domain, self.record, address, depth=0) == "+"

    def _record(self, domain: str) -> str:
        found = [one for one in self._dns.texts(domain) if one.lower().split(" ")[0] == "v=spf1"]
        if not found:
            raise SpfError("no-spf", domain)
        if len(found) > 1:
            raise SpfError("two-spf", domain)
        return found[0]

    def _included(self, domain: str) -> str:
        """A record that another one leads to: without one, receivers take the whole for broken (RFC 7208, 5.2)."""
        try:
            return self._record(domain)
        except SpfError:
            raise SpfError("spf-broken-include", domain) from None

    def _verdict(self, domain: str, record: str, address: str, depth: int) -> str:
        """The qualifier of the first mechanism that matches; `?` without one."""
        redirect = ""
        for word in record.split()[1:]:
            name, _mark, value = word.partition("=")
            if name.lower() == "redirect" and value:
                redirect = value
                continue
            if _mark and name.isidentifier():
                continue  # another modifier, such as exp=
            qualifier, term = (word[0], word[1:]) if word[0] in "+-~?" else ("+", word)
            if self._matches(term, domain, address, depth):
                return qualifier
        if redirect:
            self._count("redirect")
            return self._verdict(redirect, self._included(redirect), address, depth + 1)
        return "?"

    def _matches(self, term: str, domain: str, address: str, depth: int) -> bool:
        name, _colon, value = term.partition(":")
        name, _slash, length = name.partition("/")
        name = name.lower()
        self._count(name)
        if name == "all":
            return True
        if name in {"ip4", "ip6"}:
            return self._in_network(address, value)
        if name == "include":
            if depth > MOST_LOOKUPS:
                raise SpfError("spf-too-many-lookups")
            return self._verdict(value, self._included(value), address, depth + 1) == "+"
        host, _slash, own_length = (value or domain).partition("/")
        if name == "a":
            return self._at(self._dns.addresses(host), address, own_length or length)
        if name == "mx":
            servers = [one for server in self._dns.exchanges(host) for one in self._dns.addresses(server)]
            return self._at(servers, address, own_length or length)
        if name in {"ptr", "exists"}:
            return False  # what they depend on is not known here
        raise SpfError("spf-syntax", term)

    def _count(self, name: str) -> None:
        self._lookups += name in ASKS
        if self._lookups > MOST_LOOKUPS:
            raise SpfError("spf-too-many-lookups")

    def _at(self, hosts: list[str], address: str, length: str) -> bool:
        return any(self._in_network(address, f"{host}/{length}" if length else host) for host in hosts)

    @staticmethod
    def _in_network(address: str, network: str) -> bool:
        host, slash, lengths = network.partition("/")
        four, _two, six = lengths.partition("//")  # `/24//64`: one length for each kind of address (RFC 7208, 5.6)
        length = four if ":" not in host else (six or four)
        network = f"{host}{slash}{length}" if length else host
        try:
            return ip_address(address) in ip_network(network, strict=False)
        except ValueError:
            raise SpfError("spf-syntax", network) from None
