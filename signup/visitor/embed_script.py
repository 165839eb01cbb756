"""The script that websites load: /embed.js, and each build at an address of its own for pages that pin it (SRI)."""

from flask import Response, make_response, request

from signup.forms.script_build import Script, latest, served
from signup.ground.errors import NotFound

FRESH_SECONDS = 3_600
STALE_SECONDS = 86_400
YEAR_SECONDS = 31_536_000


def script() -> Response:
    """GET: the latest build. The same for every form and every website."""
    return _answer(latest(), f"public, max-age={FRESH_SECONDS}, stale-while-revalidate={STALE_SECONDS}")


def pinned(digest: str) -> Response:
    """GET: this very build, for ever. Raises `NotFound` for one that no release had."""
    found = served().get(digest)
    if found is None:
        raise NotFound(f"script {digest[:16]!r}")
    return _answer(found, f"public, max-age={YEAR_SECONDS}, immutable")


def _answer(built: Script, keep: str) -> Response:
    """The script, compressed as the browser likes it."""
    encoding = request.accept_encodings.best_match(built.bodies, "identity")
    response = make_response(built.bodies[encoding])
    response.headers["Content-Type"] = "text/javascript; charset=utf-8"
    if encoding != "identity":
        response.headers["Content-Encoding"] = encoding
    response.headers["Cache-Control"] = keep
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.set_etag(built.digest, weak=True)
    response.make_conditional(request)
    return response
