"""Checks the website that a form is on: whether it may send here and read the answer, and how reports name it."""

from http import HTTPStatus

from flask import Response, g, request
from flask.typing import ResponseReturnValue

from signup.forms.live_form import LiveForm, live_form
from signup.ground.errors import ForeignOrigin
from signup.ground.urls import settings

MAX_SITE = 120
PREFLIGHT_SECONDS = 3_600


def preflight(public_id: str) -> ResponseReturnValue:
    """OPTIONS: whether a page of another origin may send JSON here."""
    origin = check_origin(live_form(public_id))
    response = Response(status=HTTPStatus.NO_CONTENT)
    if origin:
        response.headers["Access-Control-Allow-Methods"] = "POST"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, Accept"
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return allow(response, origin)


def check_origin(form: LiveForm) -> str:
    """The page's origin when the browser names one. Raises `ForeignOrigin` for one the form's owner did not allow."""
    origin = request.headers.get("Origin", "")
    if origin in {"", "null"}:  # no browser, or a page that hides where it is: the stamp must do
        return ""
    if origin.lower() not in form.definition.allowed_origins and origin.lower() not in own_origins():
        raise ForeignOrigin(origin)
    g.allowed_origin = origin  # its page may read what is wrong, too
    return origin


def known_site(form: LiveForm, origin: str) -> str:
    """`origin` as reports name it: one that the form's owner knows, or none; strangers could name any number."""
    site = origin.lower()
    if site in form.definition.allowed_origins:
        return site[:MAX_SITE]
    return settings().public_url[:MAX_SITE] if site in own_origins() else ""  # whatever name of ours they came by


def own_origins() -> set[str]:
    """The addresses that this service itself is reached by."""
    return {settings().public_url, f"{request.scheme}://{request.host}".lower()}


def allow(response: Response, origin: str) -> Response:
    """Let a page of an allowed origin read the answer; no credentials, ever."""
    response.headers.add("Vary", "Origin")
    if origin:
        response.headers["Access-Control-Allow-Origin"] = origin
    return response
