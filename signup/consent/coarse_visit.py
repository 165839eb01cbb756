"""What is kept of an IP address and a browser when their time is over: a network, a browser's family and its version.

The ledger's hashes are made from these forms too, so what they return for a text never changes. Each returns its own
result unchanged.
"""

import re
from functools import lru_cache
from ipaddress import ip_address, ip_network

OTHER = "Other"
PREFIXES = {4: 24, 6: 48}
_FAMILIES = (
    ("Edge", r"Edg(?:e|A|iOS)?/(\d+)"),
    ("Opera", r"(?:OPR|Opera)/(\d+)"),
    ("Samsung Internet", r"SamsungBrowser/(\d+)"),
    ("Firefox", r"(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"(?:Chrome|CriOS|Chromium)/(\d+)"),
    ("Safari", r"Version/(\d+)[^ ]* (?:Mobile/\w+ )?Safari/"),
)
_FAMILY = [(name, re.compile(pattern)) for name, pattern in _FAMILIES]
_PLATFORM = re.compile(r"iPhone|iPad|Android|Windows|Macintosh|CrOS|Linux")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(rf"((?:{_OCTET}\.){{3}}){_OCTET}", re.ASCII)
_NAMES = "|".join(name for name, _pattern in _FAMILIES)
_COARSE = re.compile(rf"(?:(?:{_NAMES}) \d{{1,4}}|{OTHER})(?: · (?:{_PLATFORM.pattern}))?")


@lru_cache(maxsize=4096)
def coarse_ip(ip: str | None) -> str | None:
    """The network of an IP address: its last octet is 0 (IPv4), or all after its /48 is (IPv6). None for no address."""
    if not ip:
        return None
    if found := _IPV4.fullmatch(ip):
        return f"{found[1]}0"
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return None
    return str(ip_network((address, PREFIXES[address.version]), strict=False).network_address)


@lru_cache(maxsize=4096)
def coarse_agent(agent: str | None) -> str | None:
    """A browser's family, major version and platform, as `Firefox 128 · Android`; `Other` for what is not known."""
    if not agent:
        return None
    if _COARSE.fullmatch(agent):
        return agent
    found = next(((name, match[1]) for name, pattern in _FAMILY if (match := pattern.search(agent))), None)
    family = f"{found[0]} {found[1][:4]}" if found else OTHER
    platform = _PLATFORM.search(agent)
    return f"{family} · {platform[0]}" if platform else family
