"""GET /f/<form>/thanks: the page after sending: what comes next, a place for the code, the way to another email."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import render_template, request, url_for

from signup.addresses.mailbox_provider import provider_of
from signup.forms.live_form import LiveForm
from signup.forms.looks.look_style import page_look
from signup.ground.clock import utcnow
from signup.ground.tokens import TokenPurpose, keys
from signup.visitor import framed
from signup.visitor.lead_on import may_lead_to
from signup.visitor.show_form import form_in_language
from signup.visitor.signup_state import is_confirmed

SOONEST = timedelta(seconds=5)
"""Hardly anybody gets, reads and confirms an email sooner: the page right after sending asks the database nothing,
unless its script has just learnt that it is so (`look`).
"""


@dataclass(frozen=True)
class AfterSending:
    """What the page carries from step to step, in its address and its forms. Nothing in it is personal."""

    signup: str = ""
    """The token of address and list, by which a code is found. Empty: nothing waits for a confirmation."""
    state: str = ""
    """The token of this one sign-up (`signup_state`)."""
    at: str = ""
    """The mailbox's domain, where it is a known provider's: alike for everybody there."""
    test: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "AfterSending":
        sent = {name: given.get(name, "") for name in ("signup", "state", "test")}
        domain = given.get("at", "")
        return cls(**sent, at=domain if provider_of(domain) else "")

    @property
    def carried(self) -> dict[str, str]:
        """What is known of it, by the names under which it is read again."""
        return {name: value for name, value in vars(self).items() if value}


def thanks(public_id: str) -> str:
    """GET: the page. It says so when the sign-up was confirmed meanwhile, in another tab or on another device."""
    form, sent = form_in_language(public_id), AfterSending.read(request.args)
    if sent.signup:
        keys().open(TokenPurpose.CODE, sent.signup)
    return thanks_page(form, sent, again=request.args.get("again", type=int), is_confirmed=_is_confirmed(form, sent))


def _is_confirmed(form: LiveForm, sent: AfterSending) -> bool:
    if not sent.state:
        return False
    opened = keys().open(TokenPurpose.STATE, sent.state)
    is_time = "look" in request.args or utcnow() - opened.signed_at > SOONEST
    return is_time and is_confirmed(form, opened)


def thanks_page(
    form: LiveForm, sent: AfterSending, *, problem: str = "", again: int | None = None, is_confirmed: bool = False
) -> str:
    """The page after sending, with a link to the mailbox of a known provider."""
    provider = provider_of(sent.at)
    may_lead_to(form.definition.confirmed_url)
    return render_template(
        "visitor/thanks.html",
        form=form,
        definition=form.definition,
        look=page_look(form.definition.appearance),
        sent=sent,
        itself=thanks_url(form, sent, look=1),
        problem=problem,
        again=again,
        is_confirmed=is_confirmed,
        provider=provider,
        inbox=provider.inbox_url(form.sender_address) if provider else None,
        **framed.page_values(form.public_id, form.definition),
    )


def thanks_url(form: LiveForm, sent: AfterSending, again: int | None = None, look: int | None = None) -> str:
    """The page's address, in the language of the form, inside the frame where the request is."""
    language = form.definition.language if len(form.in_language) > 1 else None
    carried = sent.carried | framed.frame_parameter()
    return url_for("forms.thanks", public_id=form.public_id, lang=language, again=again, look=look, **carried)
