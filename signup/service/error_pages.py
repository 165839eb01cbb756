"""Turns every error into an answer: a page in the visitor's language, or problem details for programs."""

from http import HTTPStatus

import structlog
from flask import Flask, jsonify, render_template, request
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
from signup.service.headers import surface_of
from signup.visitor.visitor_request import wants_json

RETRY_AFTER_OUTAGE = 5

log = structlog.get_logger()


def install(app: Flask) -> None:
    """Register the answer to each kind of error."""
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


def _answer(status: HTTPStatus, title: str, text: str, headers: dict[str, str] | None = None) -> ResponseReturnValue:
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
    return _answer(HTTPStatus(code), title, text, headers)


def _not_found(_error: NotFound) -> ResponseReturnValue:
    return _answer(
        HTTPStatus.NOT_FOUND,
        _("Page not found"),
        _("There is nothing at this address. Please check the link."),
    )


def _kiosk_revoked(_error: KioskRevoked) -> ResponseReturnValue:
    text = _("The people who run this service switched this kiosk off. They can give it a new address.")
    return _answer(HTTPStatus.GONE, _("This kiosk is switched off"), text)


def _invalid_token(_error: InvalidToken) -> ResponseReturnValue:
    text = _(
        "Some email programs cut long links in two. Please copy the whole link, or sign up again to get a new one."
    )
    return _answer(HTTPStatus.BAD_REQUEST, _("This link is incomplete"), text)


def _not_allowed(_error: NotAllowed) -> ResponseReturnValue:
    return _answer(HTTPStatus.FORBIDDEN, _("Access denied"), _("Your role does not allow this. Ask an administrator."))


def _foreign_origin(error: ForeignOrigin) -> ResponseReturnValue:
    text = _("The website %(origin)s is not one of the form’s allowed origins.", origin=str(error)[:120])
    return _answer(HTTPStatus.FORBIDDEN, _("This form cannot be used here"), text)


def _invisible_character(error: InvisibleCharacter) -> ResponseReturnValue:
    text = _(
        "What you sent contains an invisible character (%(character)s). Please go back, delete it and try again.",
        character=error.character,
    )
    return _answer(HTTPStatus.BAD_REQUEST, _("Invisible character"), text)


def _too_many(error: TooMany) -> ResponseReturnValue:
    text = _("Too many people are signing up from your network or for this list. Please try again later.")
    return _answer(
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
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, _("Please try again in a moment"), text, headers)
    log.error("request.crashed", endpoint=request.endpoint, exc_info=error)
    return _answer(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        _("Something went wrong"),
        _("This is our fault, not yours. Please try again."),
    )
