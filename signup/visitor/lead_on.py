"""Where visitors go on to after sending and confirming: a page of the form's owner, when the form names one."""

from flask import g

from signup.ground.urls import origin_of
from signup.signups import later_questions
from signup.signups.signup import Signup


def may_lead_to(*urls: str) -> None:
    """Let the forms of this answer end at these pages: browsers hold redirects after sending against `form-action`."""
    g.form_targets = [origin_of(url) for url in urls if url]


def leads_to(signup: Signup) -> str:
    """Where a confirmed visitor goes at once; empty when our page has something to give or to ask first."""
    definition = signup.form_version.definition.said_in(signup.language)
    stays = definition.lead_magnet_id is not None or later_questions.questions(signup)
    return "" if stays else definition.confirmed_url
