"""Finds the visitor behind trusted proxies. What a proxy says can never make a visitor look like this machine."""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from flask import Request
from werkzeug.middleware.proxy_fix import ProxyFix

from signup.limits.limit_rule import UNREADABLE, read_ip

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

CLAIMS = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


class TrustedProxies(ProxyFix):
    """`ProxyFix` for this number of proxies. A visitor who claims to be the loopback gets an unreadable address.

    The loopback is exempt from limits: that is for whoever is connected from this machine, not for a header's words.
    """

    def __init__(self, app: "WSGIApplication", proxies: int) -> None:
        super().__init__(app, x_for=proxies, x_proto=1)
        self._inner = self.app
        self.app = self._without_false_loopback

    def _without_false_loopback(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        peer = environ.get("werkzeug.proxy_fix.orig", {}).get("REMOTE_ADDR")
        claimed = environ.get("REMOTE_ADDR")
        if claimed != peer and (address := read_ip(claimed or "")) is not None and address.is_loopback:
            environ["REMOTE_ADDR"] = str(UNREADABLE)
        return self._inner(environ, start_response)


def is_own_machine(request: Request) -> bool:
    """Whether the connection comes from this machine and not through a proxy on it, as far as that can be seen."""
    environ = request.environ
    peer = environ.get("werkzeug.proxy_fix.orig", {}).get("REMOTE_ADDR") or environ.get("REMOTE_ADDR")
    if not peer or any(environ.get(claim) for claim in CLAIMS):
        return False
    try:
        return ip_address(peer).is_loopback
    except ValueError:
        return False
