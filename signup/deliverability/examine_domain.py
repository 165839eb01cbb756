"""Examines a sender's domain: SPF, DKIM, DMARC and its alignment, MX, the relay's name, MTA-STS and TLS-RPT.

Gmail, Yahoo and Microsoft ask all senders for SPF or DKIM, and who sends much for SPF, DKIM and DMARC (2024–2026).
"""

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from signup.deliverability.dns_lookup import DnsAway, DnsLookup
from signup.deliverability.finding import DomainFinding, Grade, fine
from signup.deliverability.spf import Spf, SpfError
from signup.ground.config import Settings
from signup.mailer.dkim_key import DkimKey, keys_of

SPF_WORDS = {
    "no-spf": "Publish an SPF record that names your mail server.",
    "two-spf": "Merge the SPF records into one: with two, receivers use none (RFC 7208).",
    "spf-too-many-lookups": "The SPF record asks more than ten times (RFC 7208): remove includes that you do not need.",
    "spf-broken-include": "The SPF record includes a domain that has none: receivers take all of it for broken.",
    "spf-syntax": "The SPF record has a part that receivers do not understand.",
}
POLICIES = {"none", "quarantine", "reject"}


def examine(domain: str, settings: Settings) -> list[DomainFinding]:
    """Everything about a domain, in the order in which one mends it. Asks the DNS: seconds, not for a request."""
    if settings.dns_server == "off":
        return [DomainFinding("DNS", "dns-off", Grade.UNKNOWN, "off", "DNS_SERVER is off: nothing can be asked.")]
    dns = DnsLookup(settings.dns_server)
    relay = urlsplit(settings.smtp_target).hostname or "127.0.0.1"
    checks: tuple[tuple[str, Callable[[], Iterator[DomainFinding]]], ...] = (
        # SPF is asked of the return path's domain (RFC 7208, 2.4), which may be one for bounces alone.
        ("SPF", lambda: _spf(dns, settings.bounce_domain or domain, relay)),
        ("DKIM", lambda: _dkim(dns, domain)),
        ("DMARC", lambda: _dmarc(dns, domain)),
        ("MX", lambda: _mx(dns, domain)),
        ("PTR", lambda: _ptr(dns, relay)),
        ("MTA-STS", lambda: _text(dns, "MTA-STS", f"_mta-sts.{domain}", "v=STSv1")),
        ("TLS-RPT", lambda: _text(dns, "TLS-RPT", f"_smtp._tls.{domain}", "v=TLSRPTv1")),
    )
    return [finding for name, check in checks for finding in _asked(name, check)]


def _asked(name: str, check: Callable[[], Iterator[DomainFinding]]) -> list[DomainFinding]:
    try:
        return list(check())
    except DnsAway as error:
        return [DomainFinding(name, "dns-away", Grade.UNKNOWN, str(error), "Ask again later, or set DNS_SERVER.")]


def _spf(dns: DnsLookup, domain: str, relay: str) -> Iterator[DomainFinding]:
    hosts = [one for one in dns.addresses(relay) if not ip_address(one).is_private]
    wanted = " ".join(f"ip{ip_address(one).version}:{one}" for one in hosts) or "a"
    try:
        spf = Spf(dns, domain)
        outside = [one for one in hosts if not spf.passes(one)]
    except SpfError as error:
        record = f'{domain}. IN TXT "v=spf1 {wanted} -all"' if error.code == "no-spf" else ""
        yield DomainFinding("SPF", error.code, Grade.WRONG, error.detail, SPF_WORDS[error.code], record)
        return
    if not hosts:
        todo = "From which address your mail leaves is not known here: see that the record lets it."
        yield DomainFinding("SPF", "relay-unknown", Grade.TOLD, spf.record, todo)
    elif outside:
        todo = "Add your mail server to the SPF record, or the include that your provider names."
        yield DomainFinding("SPF", "spf-without-relay", Grade.WRONG, f"{spf.record} ({', '.join(outside)})", todo)
    else:
        yield fine("SPF", spf.record)


def _dkim(dns: DnsLookup, domain: str) -> Iterator[DomainFinding]:
    keys = [one for one in keys_of(domain) if one.retired_at is None]
    if not keys:
        yield DomainFinding("DKIM", "no-dkim-key", Grade.WRONG, "no key", f"Make one: signup dkim new {domain}")
    for key in keys:
        yield _record_of(key, dns.texts(key.record_name))


def _record_of(key: DkimKey, found: list[str]) -> DomainFinding:
    tags = [dict(_tags(one)) for one in found]
    public = [one.get("p", "").replace(" ", "") for one in tags]
    if not found:
        return DomainFinding("DKIM", "no-dkim-record", Grade.WRONG, key.record_name, "Publish it.", key.zone_line)
    if len(found) > 1:
        todo = "Leave one record at this name: with two, receivers take either."
        return DomainFinding("DKIM", "two-dkim-records", Grade.WRONG, key.record_name, todo, key.zone_line)
    if not public[0]:
        todo = "The record says that this key is withdrawn: publish the key."
        return DomainFinding("DKIM", "dkim-revoked", Grade.WRONG, key.record_name, todo, key.zone_line)
    if public[0] != key.public_key:
        todo = "Another key stands there: every signature fails."
        return DomainFinding("DKIM", "other-dkim-key", Grade.WRONG, key.record_name, todo, key.zone_line)
    return fine("DKIM", key.record_name)


def _dmarc(dns: DnsLookup, domain: str) -> Iterator[DomainFinding]:
    # Without one of its own, a domain has that of the domain above (DMARC, RFC 9989).
    labels = domain.split(".")
    above = [".".join(labels[at:]) for at in range(len(labels) - 1)]
    found = next((texts for name in above if (texts := _of_kind(dns, f"_dmarc.{name}", "v=DMARC1"))), [])
    record = f'_dmarc.{domain}. IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@{domain}"'
    if not found:
        yield DomainFinding("DMARC", "no-dmarc", Grade.WRONG, "none", "Publish a DMARC record.", record)
        return
    tags = dict(_tags(found[0]))
    if len(found) > 1:
        yield DomainFinding("DMARC", "two-dmarc", Grade.WRONG, found[0], "Leave one DMARC record: two count as none.")
    elif tags.get("p", "").lower() not in POLICIES:
        todo = "Its policy must be p=none, p=quarantine or p=reject."
        yield DomainFinding("DMARC", "bad-dmarc", Grade.WRONG, found[0], todo, record)
    else:
        yield fine("DMARC", found[0])
        if tags["p"].lower() == "none":
            todo = "Once the reports look right: p=quarantine, then p=reject."
            yield DomainFinding("DMARC", "dmarc-none", Grade.TOLD, found[0], todo)
        yield _alignment(domain)


def _alignment(domain: str) -> DomainFinding:
    """Our signature names the From domain itself, so it is aligned as soon as there is a key."""
    if any(one.retired_at is None for one in keys_of(domain)):
        return fine("alignment", f"From: and DKIM d= are both {domain}")
    todo = "Make a DKIM key: a forwarded mail keeps its signature, and loses SPF."
    return DomainFinding("alignment", "only-spf-aligned", Grade.TOLD, "by SPF alone", todo)


def _mx(dns: DnsLookup, domain: str) -> Iterator[DomainFinding]:
    found = dns.exchanges(domain)
    if found == ["."]:
        todo = "It says that it takes no mail: replies and bounces are lost."
        yield DomainFinding("MX", "null-mx", Grade.WRONG, "MX 0 .", todo)
    elif not found and not dns.addresses(domain):
        todo = "Replies and bounces have nowhere to go, and many receivers refuse such a sender."
        yield DomainFinding("MX", "no-mx", Grade.WRONG, "none", todo)
    else:
        yield fine("MX", ", ".join(found) or "its own address")


def _ptr(dns: DnsLookup, relay: str) -> Iterator[DomainFinding]:
    """The relay's own matter; told, as a provider's relay may send by other hosts."""
    for address in (one for one in dns.addresses(relay) if not ip_address(one).is_private):
        names = dns.names(address)
        if not names:
            todo = "Ask who gives you the address for a PTR record: without a name, Gmail and others refuse its mail."
            yield DomainFinding("PTR", "no-ptr", Grade.WRONG, address, todo)
        elif not any(address in dns.addresses(name) for name in names):
            todo = "The name must lead back to the address."
            yield DomainFinding("PTR", "ptr-mismatch", Grade.WRONG, f"{address} → {names[0]}", todo)
        else:
            yield fine("PTR", f"{address} → {names[0]}")


def _text(dns: DnsLookup, check: str, name: str, begins: str) -> Iterator[DomainFinding]:
    if found := _of_kind(dns, name, begins):
        yield fine(check, found[0])
    else:
        yield DomainFinding(check, f"no-{check.lower()}", Grade.TOLD, "none", "For mail to you: optional.")


def _of_kind(dns: DnsLookup, name: str, begins: str) -> list[str]:
    return [one for one in dns.texts(name) if one.replace(" ", "").lower().startswith(begins.lower())]


def _tags(record: str) -> Iterator[tuple[str, str]]:
    for part in record.split(";"):
        name, _equals, value = part.partition("=")
        yield name.strip().lower(), value.strip()
