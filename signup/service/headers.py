"""Gives every answer its security headers, by the surface that it belongs to, and a request id.

A surface is a kind of page with its own threat model; every endpoint belongs to exactly one.
"""

import secrets

import structlog
from flask import Flask, Response, g, request

STRICT = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'"
ADMIN = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " frame-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
KIOSK = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
TOKEN_ENDPOINTS = {
    "forms.confirm",
    "forms.unsubscribe",
    "forms.preferences",
    "forms.receipt",
    "forms.ask_for_copy",
    "forms.personal_copy",
    "forms.download",
    "forms.thanks",
}
ARCHIVE_ENDPOINTS = {"forms.archive", "forms.archive_feed", "forms.archived_letter"}
# For everybody's pages, and for caches.
PLAIN_ENDPOINTS = {
    "api.openapi",
    "forms.script",
    "forms.pinned_script",
    "forms.embed",
    "forms.colours",
    "forms.picture",
}


def install(app: Flask) -> None:
    """Give all answers of `app` their headers and request ids."""
    app.before_request(_begin)
    app.after_request(_headers)


def surface_of(endpoint: str | None, path: str = "") -> str:
    """The surface of this answer, by its name in `_headers`; the strictest if unknown."""
    if endpoint is None:
        return "api" if path.startswith("/api/") else "admin" if path.startswith("/admin") else "token"
    if endpoint.endswith(".static") or endpoint.startswith("operations.") or endpoint in PLAIN_ENDPOINTS:
        return "plain"
    if endpoint.startswith(("api.", "hooks.")) and endpoint != "api.docs":
        return "api"
    if endpoint.startswith("admin."):
        return "admin"
    if endpoint.startswith("forms.kiosk"):
        return "kiosk"
    return _visitor_surface(endpoint)


def _visitor_surface(endpoint: str) -> str:
    if endpoint in ARCHIVE_ENDPOINTS:
        return "archive"
    return "token" if endpoint in TOKEN_ENDPOINTS else "hosted"


def _begin() -> None:
    g.request_id = secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def _headers(response: Response) -> Response:
    headers = response.headers
    headers["X-Request-Id"] = g.get("request_id", "")
    headers["X-Content-Type-Options"] = "nosniff"
    surface = surface_of(request.endpoint, request.path)
    # Browsers hold redirects after sending against form-action too: the page after it may be elsewhere.
    strict = STRICT.replace("form-action 'self'", " ".join(["form-action 'self'", *g.get("form_targets", ())]))
    if surface == "admin":
        headers.setdefault("Content-Security-Policy", ADMIN)
        headers.setdefault("X-Frame-Options", "DENY")
        headers["Referrer-Policy"] = "same-origin"
        headers.setdefault("Cache-Control", "no-store")
    elif surface in {"token", "kiosk"}:
        ancestors = "'none'" if request.endpoint != "forms.thanks" else _ancestors()
        own = KIOSK if surface == "kiosk" else f"{strict}; connect-src 'self'; frame-ancestors {ancestors}"
        headers.setdefault("Content-Security-Policy", own)
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cache-Control"] = "no-store"
        headers["X-Robots-Tag"] = "noindex, nofollow"
    elif surface == "archive":
        headers.setdefault("Content-Security-Policy", f"{STRICT}; frame-ancestors 'none'")
        headers["Referrer-Policy"] = "no-referrer"  # the address of a letter that is not listed stays a secret
        headers.setdefault("Cache-Control", "no-store")
    elif surface == "hosted":
        # The page tells that it was seen, and nobody else.
        headers["Content-Security-Policy"] = f"{strict}; connect-src 'self'; frame-ancestors {_ancestors()}"
        headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
        headers.setdefault("Cache-Control", "no-store")
    else:
        headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        headers.setdefault("Cache-Control", "no-store")
    if (origin := g.get("allowed_origin")) and "Access-Control-Allow-Origin" not in headers:  # an error's answer
        headers["Access-Control-Allow-Origin"] = origin
        headers.add("Vary", "Origin")
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _ancestors() -> str:
    return " ".join(g.get("frame_ancestors", ())) or "'none'"
