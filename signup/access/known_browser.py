"""Browsers that signed in to an account before. Their tries are counted apart from strangers' (OWASP: device cookies).

The cookie lets nobody in. It names the account by its public id, and is signed.
"""

from flask import Response, request

from signup.access.operator import Operator
from signup.access.sign_in_wait import SignInSource, from_network
from signup.ground.clock import utcnow
from signup.ground.errors import InvalidToken
from signup.ground.tokens import KNOWN_BROWSER_TTL, TokenPurpose, keys
from signup.ground.urls import settings

COOKIE = "known-browser"


def source_of(operator: Operator | None) -> SignInSource:
    """The source of a sign-in try at this account: a known browser, or a network."""
    try:
        opened = keys().open(TokenPurpose.KNOWN_BROWSER, request.cookies.get(_name(), ""))
    except InvalidToken:
        return from_network(request.remote_addr)
    is_old = utcnow() - opened.signed_at > KNOWN_BROWSER_TTL
    if operator is None or opened.id != operator.uid or is_old:
        return from_network(request.remote_addr)
    # By what is inside: a token can be spelt in several ways.
    return SignInSource(f"browser:{opened.id}:{int(opened.signed_at.timestamp())}", is_known=True)


def remember(response: Response, operator: Operator) -> Response:
    """Mark this browser as known from now on."""
    token = keys().sign(TokenPurpose.KNOWN_BROWSER, operator.uid)
    is_https = settings().is_https
    response.set_cookie(
        _name(), token, max_age=KNOWN_BROWSER_TTL, path="/", secure=is_https, httponly=True, samesite="Lax"
    )
    return response


def _name() -> str:
    return f"__Host-{COOKIE}" if settings().is_https else COOKIE
