"""Which addresses a webhook may lead to: the public internet, and what the operator allows of their own network.

Server-side request forgery (OWASP): whoever may enter a URL must not reach our own machine or network through us. The
name is resolved once and the connection goes to that very address, so that a second answer cannot lead elsewhere.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from signup.ground.errors import SignupError
from signup.ground.urls import settings

MAX_URL = 500
PORTS = {"http": 80, "https": 443}
FIRST_FREE_PORT = 1024
NAT64 = IPv6Network("64:ff9b::/96")
LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
IPAddress = IPv4Address | IPv6Address


class BadUrl(SignupError):
    """The URL is none that a webhook can have. `str(error)` says why, in English."""


class ForbiddenAddress(SignupError):
    """The URL leads to an address that is not allowed."""


class Target(NamedTuple):
    """A URL, taken apart."""

    is_tls: bool
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == PORTS["https" if self.is_tls else "http"] else f"{name}:{self.port}"


def read_url(url: str) -> Target:
    """Take a URL apart. Raises `BadUrl`."""
    if len(url) > MAX_URL or not url.isascii() or any(sign <= " " or sign in '\\"<>^`{|}\x7f' for sign in url):
        raise BadUrl("Write the URL in plain ASCII, of at most 500 characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadUrl("This is no URL.") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise BadUrl("The URL must start with https:// or http://.")
    if parts.username is not None or parts.password is not None:
        raise BadUrl("The URL must not hold a name or password: check our signature instead.")
    port = PORTS[parts.scheme] if port is None else port
    if port not in PORTS.values() and port < FIRST_FREE_PORT:
        raise BadUrl("The port must be 80, 443, or 1024 and above.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", parts.hostname, port, path)


def address_of(target: Target) -> str:
    """The address to connect to. Raises `ForbiddenAddress` when the name has any that is not allowed, and `OSError`
    when it has none.
    """
    found = {_plain(text) for text in resolve(target.host, target.port)}
    if not found:
        raise OSError("no address")
    if not all(is_allowed(one) for one in found):
        raise ForbiddenAddress(target.host)
    return str(min(found, key=lambda one: (one.version, int(one))))


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system resolves it."""
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(row[4][0]) for row in rows]


def is_allowed(address: IPAddress) -> bool:
    """Whether a webhook may lead there."""
    inner = _inside(address)
    if any(address in network or inner in network for network in settings().webhook_networks):
        return True
    return _is_public(address) and _is_public(inner)


def _is_public(address: IPAddress) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _inside(address: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 one carries (mapped, 6to4, Teredo, NAT64), else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64 or address in LOCAL_NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour or address
    if address.teredo:
        return address.teredo[1]
    if int(address) >> 32 == 0:  # “IPv4-compatible”, long given up (RFC 4291)
        return IPv4Address(int(address))
    return address


def _plain(text: str) -> IPAddress:
    return ip_address(text.partition("%")[0])
