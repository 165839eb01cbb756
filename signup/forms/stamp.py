"""Signed stamps in the visitor's hands: the one a rendered form carries, and the cookie of the browser that sent it."""

import hashlib
from typing import NamedTuple
from uuid import UUID

import structlog
from flask import Response, request
from flask_babel import gettext as _

from signup.ground.clock import utcnow
from signup.ground.errors import InvalidAnswers, InvalidToken
from signup.ground.tokens import CLOCK_SKEW, CONFIRM_TTL, RENDER_MIN_AGE, TEST_TTL, Opened, TokenPurpose, keys
from signup.ground.urls import settings

log = structlog.get_logger()


def render_stamp(public_id: str) -> str:
    """The stamp of a form rendered now. It has no end: pages are cached, snippets stay for years."""
    return keys().sign(TokenPurpose.RENDER, _id_of(public_id))


def test_stamp(public_id: str) -> str:
    """The stamp that makes a sign-up a test; the link that an operator tries the form by carries it, for an hour."""
    return keys().sign(TokenPurpose.TEST, _id_of(public_id))


def is_test_stamp(public_id: str, stamp: str) -> bool:
    """Whether this is, or was until its hour was over, the stamp of a test of this form."""
    try:
        return keys().open(TokenPurpose.TEST, stamp).id == _id_of(public_id)
    except InvalidToken:
        return False


def is_over(stamp: str) -> bool:
    """Whether the hour of a test's stamp is over. Raises `InvalidToken` for one that is none."""
    return utcnow() - keys().open(TokenPurpose.TEST, stamp).signed_at > TEST_TTL


class Stamp(NamedTuple):
    """What the stamp of a sign-up says: its form was shown, perhaps for a test, perhaps a moment ago."""

    is_test: bool
    is_fresh: bool
    """Nobody types so fast; a browser that fills in forms does, and so does a program."""


def check_stamp(public_id: str, stamp: str) -> Stamp | None:
    """Read the stamp of a sign-up; None without any.

    Raises `InvalidToken` for a forged or another form's stamp, and `InvalidAnswers` for a test whose hour is over: it
    must not become a sign-up like any other.
    """
    if not stamp:
        return None
    opened, purpose = _opened(stamp)
    if opened.id != _id_of(public_id):
        raise InvalidToken("another form's stamp")
    if purpose == TokenPurpose.TEST and is_over(stamp):
        raise InvalidAnswers({"": _("This test has expired. Please open the form from the admin again.")})
    # Signed in whole seconds: one second of grace, or a patient visitor may seem too fast. A stamp from the future was
    # signed by a machine whose clock is ahead of ours: it says nothing of how long the visitor took.
    age = (utcnow() - opened.signed_at).total_seconds()
    if age < -CLOCK_SKEW.total_seconds():
        log.warning("clock.behind", seconds=round(-age))
    return Stamp(purpose == TokenPurpose.TEST, is_fresh=0 <= age < RENDER_MIN_AGE.total_seconds() - 1)


def _opened(stamp: str) -> tuple[Opened, TokenPurpose]:
    try:
        return keys().open(TokenPurpose.RENDER, stamp), TokenPurpose.RENDER
    except InvalidToken:
        return keys().open(TokenPurpose.TEST, stamp), TokenPurpose.TEST


def _id_of(public_id: str) -> UUID:
    return UUID(bytes=hashlib.sha256(f"form:{public_id}".encode()).digest()[:16])


def cookie_name() -> str:
    return "__Host-signed-up-here" if settings().is_https else "signed-up-here"


def remember_browser(response: Response, handle: UUID) -> None:
    """Let the confirmation page know this browser again: it alone may confirm in one step."""
    response.set_cookie(
        cookie_name(),
        keys().sign(TokenPurpose.BROWSER, handle),
        max_age=CONFIRM_TTL,
        httponly=True,
        secure=settings().is_https,
        samesite="Lax",
    )


def has_cookie() -> bool:
    """Whether this browser sent a hosted form at all, within the time that its mail's link is good."""
    return _cookie() is not None


def is_same_browser(handle: str) -> bool:
    """Whether this browser sent the hosted form for that very address and list."""
    opened = _cookie()
    return opened is not None and opened.id.hex == handle


def _cookie() -> Opened | None:
    try:
        opened = keys().open(TokenPurpose.BROWSER, request.cookies.get(cookie_name(), ""))
    except InvalidToken:
        return None
    # A browser keeps to `max_age`; whoever copied the cookie does not.
    return opened if utcnow() - opened.signed_at <= CONFIRM_TTL else None
