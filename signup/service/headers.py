"""Headers and errors of every answer: security headers by surface, a request id, and errors turned into answers.

A surface is a kind of page with its own threat model; every endpoint belongs to exactly one.
"""

import secrets
from http import HTTPStatus

import structlog
from flask import Flask, Response, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from signup.ground.database_outage import tell
from signup.ground.db import is_outage
from signup.ground.errors import (
    ForeignOrigin,
    InvalidToken,
    InvisibleCharacter,
    KioskRevoked,
    NotAllowed,
    NotFound,
    TooMany,
)
from signup.visitor.visitor_request import wants_json

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
# For everybody's pages, and for caches.
PLAIN_ENDPOINTS = {"forms.script", "forms.pinned_script", "forms.embed", "forms.colours"}
RETRY_AFTER_OUTAGE = 5

log = structlog.get_logger()


def dress(app: Flask) -> None:
    """Give all answers of `app` their headers, request ids and error pages."""
    app.before_request(_begin)
    app.after_request(_headers)
    for kind, answer in (
        (HTTPException, _http_error),
        (NotFound, _not_found),
        (KioskRevoked, _kiosk_revoked),
        (InvalidToken, _invalid_token),
        (NotAllowed, _not_allowed),
        (ForeignOrigin, _foreign_origin),
        (TooMany, _too_many),
        (InvisibleCharacter, _invisible_character),
        (Exception, _crash),
    ):
        app.register_error_handler(kind, answer)


def surface_of(endpoint: str | None, path: str = "") -> str:
    """The surface of this answer: `hosted`, `token`, `kiosk`, `admin`, `api` or `plain`; the strictest if unknown."""
    if endpoint is None:
        return "api" if path.startswith("/api/") else "admin" if path.startswith("/admin") else "token"
    if endpoint.endswith(".static") or endpoint.startswith("operations.") or endpoint in PLAIN_ENDPOINTS:
        return "plain"
    if endpoint.startswith("api."):
        return "api"
    if endpoint.startswith("admin."):
        return "admin"
    if endpoint.startswith("forms.kiosk"):
        return "kiosk"
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
    if surface == "admin":
        headers.setdefault("Content-Security-Policy", ADMIN)
        headers.setdefault("X-Frame-Options", "DENY")
        headers["Referrer-Policy"] = "same-origin"
        headers.setdefault("Cache-Control", "no-store")
    elif surface in {"token", "kiosk"}:
        ancestors = "'none'" if request.endpoint != "forms.thanks" else _ancestors()
        own = KIOSK if surface == "kiosk" else f"{STRICT}; frame-ancestors {ancestors}"
        headers.setdefault("Content-Security-Policy", own)
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cache-Control"] = "no-store"
        headers["X-Robots-Tag"] = "noindex, nofollow"
    elif surface == "hosted":
        # Browsers hold redirects after sending against form-action too: the thank-you page may be elsewhere.
        policy = STRICT.replace("form-action 'self'", " ".join(["form-action 'self'", *g.get("form_targets", ())]))
        # The page tells that it was seen, and nobody else.
        headers["Content-Security-Policy"] = f"{policy}; connect-src 'self'; frame-ancestors {_ancestors()}"
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


def answer(status: HTTPStatus, title: str, text: str, headers: dict[str, str] | None = None) -> ResponseReturnValue:
    """Answer with an error in the visitor's language: a page, or problem details (RFC 9457) for JSON and programs."""
    if wants_json() or surface_of(request.endpoint, request.path) == "api":
        problem = jsonify(type="about:blank", title=title, status=status.value, detail=text)
        problem.headers["Content-Type"] = "application/problem+json"
        return problem, status, headers or {}
    return render_template("error.html", title=title, text=text), status, headers or {}


def _http_error(error: HTTPException) -> ResponseReturnValue:
    texts = {
        404: (_("Page not found"), _("There is nothing at this address. Please check the link.")),
        405: (_("This doesn’t work here"), _("This page cannot be used in this way.")),
        413: (_("That is too large"), _("What you sent is larger than this form accepts.")),
        415: (_("Unknown format"), _("Send a form or JSON.")),
    }
    code = error.code or 500
    if error.response is not None:
        return error.response
    title, text = texts.get(code, (_("That didn’t work"), _("Please go back and try again.")))
    headers = {"Allow": ", ".join(error.valid_methods or [])} if isinstance(error, MethodNotAllowed) else {}
    return answer(HTTPStatus(code), title, text, headers)


def _not_found(_error: NotFound) -> ResponseReturnValue:
    return answer(
        HTTPStatus.NOT_FOUND,
        _("Page not found"),
        _("There is nothing at this address. Please check the link."),
    )


def _kiosk_revoked(_error: KioskRevoked) -> ResponseReturnValue:
    text = _("The people who run this service switched this kiosk off. They can give it a new address.")
    return answer(HTTPStatus.GONE, _("This kiosk is switched off"), text)


def _invalid_token(_error: InvalidToken) -> ResponseReturnValue:
    text = _(
        "Some email programs cut long links in two. Please copy the whole link, or sign up again to get a new one."
    )
    return answer(HTTPStatus.BAD_REQUEST, _("This link is incomplete"), text)


def _not_allowed(_error: NotAllowed) -> ResponseReturnValue:
    return answer(HTTPStatus.FORBIDDEN, _("Access denied"), _("Your role does not allow this. Ask an administrator."))


def _foreign_origin(error: ForeignOrigin) -> ResponseReturnValue:
    text = _("The website %(origin)s is not one of the form’s allowed origins.", origin=str(error)[:120])
    return answer(HTTPStatus.FORBIDDEN, _("This form cannot be used here"), text)


def _invisible_character(error: InvisibleCharacter) -> ResponseReturnValue:
    text = _(
        "What you sent contains an invisible character (%(character)s). Please go back, delete it and try again.",
        character=error.character,
    )
    return answer(HTTPStatus.BAD_REQUEST, _("Invisible character"), text)


def _too_many(error: TooMany) -> ResponseReturnValue:
    text = _("Too many people are signing up from your network or for this list. Please try again later.")
    return answer(
        HTTPStatus.TOO_MANY_REQUESTS,
        _("Please try again later"),
        text,
        {"Retry-After": str(error.retry_after)},
    )


def _crash(error: Exception) -> ResponseReturnValue:
    if is_outage(error):
        tell(error)
        text = _("The service cannot save anything right now. Please try again in a moment.")
        headers = {"Retry-After": str(RETRY_AFTER_OUTAGE)}
        return answer(HTTPStatus.SERVICE_UNAVAILABLE, _("Please try again in a moment"), text, headers)
    log.error("request.crashed", endpoint=request.endpoint, exc_info=error)
    return answer(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        _("Something went wrong"),
        _("This is our fault, not yours. Please try again."),
    )
