"""A proof as a page: what its templates need, and the page that stands by itself in a file."""

from datetime import UTC, datetime
from typing import Any, Protocol

from babel.dates import format_datetime
from flask import render_template
from flask_babel import get_locale
from markupsafe import Markup

from signup.evidence import inert_page
from signup.evidence.event_words import CONSENT, METHODS
from signup.evidence.proof import Proof
from signup.evidence.proven_event import ProvenEvent
from signup.evidence.sentence import sentence
from signup.ground.urls import settings


class Frames(Protocol):
    """Where the frames of a page find what they show, as attributes of an `iframe`."""

    def form(self, event: ProvenEvent) -> Markup: ...
    def mail(self, event: ProvenEvent) -> Markup: ...


class Within:
    """Frames that hold their page themselves: the file needs nothing else."""

    def form(self, event: ProvenEvent) -> Markup:
        shown = inert_page.of_form(event.form, event.locale) if event.form else ""
        return Markup('srcdoc="{}" height="{}"').format(shown, inert_page.height(shown))

    def mail(self, event: ProvenEvent) -> Markup:
        words = event.mail.words if event.mail else None
        return Markup('srcdoc="{}"').format(inert_page.of_mail(words.html) if words else "")


def spoken(at: datetime | None) -> str:
    """A time as people read it, in UTC; empty for none."""
    return _told(at, "HH:mm:ss.SSS") if at else ""


def spoken_briefly(at: datetime) -> str:
    """A time to the minute, in UTC."""
    return _told(at, "HH:mm")


def _told(at: datetime, time: str) -> str:
    locale = get_locale()
    day = "d. MMMM y" if locale.language == "de" else "d MMMM y"
    return f"{format_datetime(at.astimezone(UTC), f'{day}, {time}', locale=locale)} UTC"


def context(proof: Proof, frames: Frames) -> dict[str, Any]:
    """What `evidence/_proof.html` needs."""
    return {
        "proof": proof,
        "ledger": proof.ledger,
        "frames": frames,
        "sentence": sentence,
        "spoken": spoken,
        "CONSENT": CONSENT,
        "METHODS": METHODS,
    }


def page(proof: Proof) -> str:
    """The whole proof as one HTML file, in the language that is set."""
    return render_template("evidence/proof.html", service=settings().public_url, **context(proof, Within()))
