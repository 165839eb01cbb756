"""The rules: how many sign-ups an address, a network, a mailbox domain, a list and the whole service may have.

A new rule also needs its words, in `admin/protection/protection_words.py`; a test asks for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from signup.ground.config import Settings
from signup.ground.errors import TooMany
from signup.ground.tokens import CODE_TRIES, CODE_TTL

MINUTE, HOUR, DAY, WEEK = 60, 3_600, 86_400, 604_800
PAUSING = -1
"""The bucket of a rule that pauses: it has only one."""
UNREADABLE = IPv4Address(0)
"""Stands for every address that cannot be read, so that a broken header does not avoid the limits."""
VISITOR = 10, 30, 100
"""Sign-ups from one address in an hour and in a day, and from its network in a day."""
MESSAGES_A_DAY = 1_000
"""Messages that one form accepts in a day."""
OWN_BITS, WIDE_BITS = {4: 32, 6: 64}, {4: 24, 6: 48}
"""The prefix lengths of one visitor, and of the network around them."""
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are somebody's IPv4 address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Rule(NamedTuple):
    """At most `allowed` in any `window` seconds for `key`.

    The window slides by estimate: the last one fades out while the present one fills. One that `pauses` is exact: once
    full, it stays full until a whole window has passed without a count, so no span of that length holds more. Exact
    rules are counted in the database alone: a Redis that lost its memory forgets none of them.
    """

    name: str
    key: str
    window: int
    allowed: int
    pauses: bool = False

    def buckets(self, now: float) -> list[int]:
        """The buckets of its counts that tell how full it is, the present one first. `now` is in Unix seconds."""
        present = int(now // self.window)
        return [PAUSING] if self.pauses else [present, present - 1]

    def is_full(self, counts: Sequence[tuple[int, float]], now: float) -> bool:
        """Whether one more would be too many. `counts` are n and end (Unix seconds) of each of its `buckets`."""
        if self.pauses:
            n, ends_at = counts[0]
            return n >= self.allowed and ends_at > now
        faded = counts[1][0] * (1 - now % self.window / self.window)
        return faded + counts[0][0] + 1 > self.allowed

    def refusal(self, now: float) -> TooMany:
        """The error for an attempt that it refuses, with the time until which it may last."""
        return TooMany(self.name, retry_after=int(self.window - now % self.window) + 1)


class AllowListed(NamedTuple):
    """Which parts of an attempt are on the allow list (`allow_list_entry`). Their rules do not apply."""

    network: bool = False
    domain: bool = False
    address: bool = False

    @property
    def is_any(self) -> bool:
        return any(self)


NOBODY = AllowListed()


@dataclass(frozen=True)
class CountedAttempt:
    """One attempt to sign somebody up, through any door."""

    list_id: int
    address: str
    """The keyed hash of the canonical address."""
    domain: str = ""
    """The keyed hash of the mailbox's domain. Empty at a free-mail provider, whose mailboxes have nothing in common."""
    ip: str | None = None
    is_proven: bool = True
    """The attempt has a form's stamp or a browser's origin. Without one, a visitor has half as many an hour."""
    proof: str = ""
    """The id of a solved challenge. It is valid once."""
    has_waited: bool = False
    """The visitor waited instead of solving (no JavaScript). Few may, else waiting would be cheaper than working."""
    was_asked: bool = False
    """Its proof answers a refusal that was counted."""
    allow_listed: AllowListed = NOBODY
    kiosk: str = ""
    """The kiosk that it came from. It is counted instead of the shop's network, which all of its kiosks share."""


def sign_up_rules(settings: Settings, attempt: CountedAttempt) -> list[Rule]:
    """The rules under which one sign-up is counted.

    Those that a visitor is told of come first: else a refusal by them would show only for an address that is not held
    back already, and so tell which ones are.
    """
    list_id = attempt.list_id
    rules = _visitor_rules(attempt)
    if attempt.domain and not attempt.allow_listed.domain:
        rules.append(_domain_rule(attempt.domain, settings.limit_domain_per_hour))
    return [
        *rules,
        Rule("list", f"l:{list_id}", HOUR, settings.limit_list_per_hour),
        Rule("all", "all", HOUR, settings.limit_all_per_hour),
        *address_rules(attempt.address, list_id, is_allow_listed=attempt.allow_listed.address),
    ]


def message_rules(attempt: CountedAttempt, form_id: int) -> list[Rule]:
    """The rules of a message whose writer gets no email. For their network it counts as a sign-up does.

    No address is asked about: whose it is makes no difference to whoever gets the message.
    """
    return [*_visitor_rules(attempt), Rule("messages-day", f"md:{form_id}", DAY, MESSAGES_A_DAY)]


def _visitor_rules(attempt: CountedAttempt) -> list[Rule]:
    rules = [Rule("replay", f"pw:{attempt.proof}", HOUR, 1, pauses=True)] if attempt.proof else []
    if not attempt.allow_listed.network:
        if attempt.has_waited:
            rules += _waiting_rules(attempt.ip)
        own = VISITOR[0] if attempt.is_proven else VISITOR[0] // 2
        rules += kiosk_rules(attempt.kiosk) or network_rules(attempt.ip, own, *VISITOR[1:])
    return rules


def kiosk_rules(kiosk: str) -> list[Rule]:
    """The rules of one kiosk. An attempt from elsewhere has none."""
    return [Rule("till-hour", f"th:{kiosk}", HOUR, 200), Rule("till-day", f"td:{kiosk}", DAY, 1_000)] if kiosk else []


def address_rules(address: str, list_id: int, *, is_allow_listed: bool = False) -> list[Rule]:
    """The rules of one mailbox, whoever asks for it and from wherever."""
    if is_allow_listed:
        return [Rule("address-vouched", f"av:{address}", DAY, 50, pauses=True)]
    return [
        Rule("address-5min", f"a5:{list_id}:{address}", 5 * MINUTE, 1, pauses=True),
        Rule("address-day", f"ad:{list_id}:{address}", DAY, 3, pauses=True),
        Rule("address-unconfirmed", f"au:{list_id}:{address}", WEEK, 3, pauses=True),
        Rule("address-everywhere", f"aa:{address}", DAY, 5, pauses=True),
    ]


def reminder_rules(address: str, list_id: int) -> list[Rule]:
    """The rules of a reminder: it is one more email to somebody who has not confirmed."""
    return [rule for rule in address_rules(address, list_id) if rule.name != "address-5min"]


def is_silent(rule: str) -> bool:
    """Whether visitors do not hear that this rule refused them: it would tell them that the address was here before."""
    return rule.startswith("address")


def confirmed_rules(attempt: CountedAttempt) -> tuple[list[Rule], list[Rule]]:
    """What a confirmation gives back: rules to reset, and rules under which this sign-up no longer counts.

    Thus an office or a shop behind one address is not refused for its size, as long as its people confirm.
    """
    unconfirmed = [
        rule for rule in address_rules(attempt.address, attempt.list_id) if rule.name.endswith("unconfirmed")
    ]
    domain = [_domain_rule(attempt.domain, 1)] if attempt.domain else []
    return unconfirmed, [*domain, *network_rules(attempt.ip, 1, 1, 1)]


def _domain_rule(domain: str, allowed: int) -> Rule:
    return Rule("domain-unconfirmed", f"du:{domain}", HOUR, allowed)


def _waiting_rules(ip: str | None) -> list[Rule]:
    visitor = _visitor(ip)
    own = [Rule("wait-net", f"wn:{_first(visitor, WIDE_BITS)}", HOUR, 3)] if visitor else []
    return [*own, Rule("wait-all", "wait", HOUR, 60)]


def code_rules(handle: str, ip: str | None, window: int) -> list[Rule]:
    """The rules of typing a code. Five wrong tries end a code; these rules limit what arrives in the same moment."""
    return [*network_rules(ip, 60, 200, 1_000, prefix="c"), Rule("code", f"c:{handle}", window, 100)]


def page_tries(handle: str, begun: datetime) -> Rule:
    """The wrong codes of one page after sending: what that page says is left of them.

    It ends no code; the tries of a sign-up do (`signups.confirmation`). They are nobody's but its person's to know.
    """
    key = f"ct:{handle}:{begun.timestamp():.0f}"
    return Rule("page-tries", key, int(CODE_TTL.total_seconds()), CODE_TRIES, pauses=True)


def network_rules(ip: str | None, hour: int, day: int, net_day: int, *, prefix: str = "") -> list[Rule]:
    """The rules of the visitor's address and its network.

    The loopback is left out: it is the operator's own machine, or a reverse proxy that hides its visitors, who must
    not be locked out all together (`signup doctor` tells).
    """
    visitor = _visitor(ip)
    if visitor is None:
        return []
    one, wide = _first(visitor, OWN_BITS), _first(visitor, WIDE_BITS)
    return [
        Rule("ip-hour", f"{prefix}ih:{one}", HOUR, hour),
        Rule("ip-day", f"{prefix}id:{one}", DAY, day),
        Rule("net-day", f"{prefix}nd:{wide}", DAY, net_day),
    ]


def network_of(ip: str | None, *, wide: bool = False) -> Network | None:
    """The /32 (IPv6: /64) of one visitor, or the /24 (/48) around it. None for this machine and for a local socket."""
    visitor = _visitor(ip)
    if visitor is None:
        return None
    return ip_network((visitor, (WIDE_BITS if wide else OWN_BITS)[visitor.version]), strict=False)


def _visitor(ip: str | None) -> Address | None:
    address = (read_ip(ip) or UNREADABLE) if ip else None
    return None if address is None or address.is_loopback else address


def _first(address: Address, bits: dict[int, int]) -> str:
    """The first address of the network around `address`, in hex."""
    kept = bits[address.version] // 8
    return address.packed[:kept].ljust(len(address.packed), b"\0").hex()


def read_ip(text: str) -> Address | None:
    """Read an address as proxies write it: with a port, in brackets, with a zone, or IPv4 inside IPv6."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        # A server that listens on both kinds sees IPv4 visitors this way: they must not share one /64.
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(address.packed[-4:])
    return address
