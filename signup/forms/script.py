"""The script that websites load: /embed.js, and the same at an address of its own for pages that pin its bytes (SRI).

Its source is in `embed/`; what is served is the build that was committed. Builds that went out with a release and were
replaced since stay in `static/kept`: a website that pinned one goes on with it.
"""

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Response, make_response, request

from signup.errors import NotFound

FRESH_SECONDS = 3_600
STALE_SECONDS = 86_400
YEAR_SECONDS = 31_536_000
STATIC = Path(__file__).with_name("static")
KEPT = STATIC / "kept"


@dataclass(frozen=True)
class Script:
    """One built script in every encoding it is served in."""

    digest: str
    """Stands in its own address: the beginning of its SHA-256."""
    integrity: str
    """What a page writes beside it, so that the browser runs these bytes or none (Subresource Integrity)."""
    bodies: dict[str, bytes]


def read(path: Path) -> Script:
    """A build and its compressed twin beside it."""
    plain, packed = path.read_bytes(), path.with_name(f"{path.name}.br").read_bytes()
    return Script(
        digest=hashlib.sha256(plain).hexdigest()[:16],
        integrity="sha384-" + base64.b64encode(hashlib.sha384(plain).digest()).decode(),
        bodies={"br": packed, "gzip": gzip.compress(plain, mtime=0), "identity": plain},
    )


@cache
def latest() -> Script:
    """The build that /embed.js is."""
    return read(STATIC / "embed.js")


@cache
def served() -> dict[str, Script]:
    """Every build that has an address of its own, by its digest."""
    return {one.digest: one for one in (latest(), *map(read, KEPT.glob("*.js")))}


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
