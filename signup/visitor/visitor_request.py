"""Reads a visitor's request, for all of their pages, and answers one that cannot be taken."""

from http import HTTPStatus

from flask import Response, jsonify, request
from flask_babel import gettext as _

from signup.consent.visit import Visit
from signup.ground.urls import settings

MAX_AGENT = 300


def this_visit(method: str) -> Visit:
    """The visitor of the current request, as far as the operator wants it recorded."""
    if not settings().keep_addresses_of_visitors:
        return Visit(None, None, method)
    agent = request.headers.get("User-Agent", "")[:MAX_AGENT].replace("\0", "")
    return Visit(request.remote_addr, agent or None, method)


def wants_json() -> bool:
    """Whether the client asked for JSON rather than a page."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html") == "application/json"


def problem_details(problems: dict[str, str], title: str = "", **more: object) -> Response:
    """422 problem details (RFC 9457) with one message a field; `message` is what a page may show as it comes."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = title or _("Please check the highlighted fields")
    response = jsonify(type="about:blank", title=title, message=title, status=status.value, errors=problems, **more)
    response.headers["Content-Type"] = "application/problem+json"
    response.status_code = status
    return response
