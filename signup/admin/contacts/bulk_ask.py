"""Asking ticked contacts by email whether they want to be on a list: never a way round their own click."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import NamedTuple

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from signup.access import audit
from signup.admin.contacts import bulk_edits
from signup.admin.contacts.contact_new import forms_that_ask
from signup.admin.frame import door
from signup.consent.mailable import EXITS, is_suppressed
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact, Nature
from signup.forms.live_form import LiveForm, live_form
from signup.ground.db import db, transaction
from signup.ground.errors import InvalidAnswers, TooMany
from signup.signups.ask import ask

MOST = 100
"""Each is a sign-up of its own, made while the operator waits."""


class Askable(NamedTuple):
    """Of the ticked: whom to ask, how many have or had the list, and how many must get no mail."""

    addresses: list[str]
    known: int
    gone: int


def bulk_ask() -> ResponseReturnValue:
    """From the contacts page: who would be asked, and with `do=ask` ask them."""
    ids = bulk_edits.chosen().get("ids")
    forms = forms_that_ask()
    wanted = request.form.get("form", "")
    chosen = next((one for one in forms if one.public_id == wanted), forms[0] if forms else None)
    problem = _("Tick up to %(n)s people: each is asked by an email of their own.", n=MOST)
    if ids and len(ids) <= MOST:
        problem = ""
    found = _askable(ids, chosen.list_id) if chosen and ids and not problem else Askable([], 0, 0)
    is_asked = request.form.get("do") == "ask"
    if is_asked and chosen and found.addresses and request.form.get("asked"):
        return _ask(live_form(chosen.public_id), found.addresses)
    if is_asked and not problem:
        problem = _("Confirm that these people asked to be on this list.") if found.addresses else ""
    page = render_template(
        "admin/contacts/bulk_ask.html",
        uids=request.form.getlist("uid")[: bulk_edits.MAX_TICKED],
        forms=forms,
        chosen=chosen,
        found=found,
        problem=problem,
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if is_asked else HTTPStatus.OK


def _askable(ids: Sequence[int], list_id: int) -> Askable:
    had = select(Subscription.id).where(Subscription.contact_id == Contact.id, Subscription.list_id == list_id)
    query = select(Contact.address, Contact.standing, had.correlate(Contact).exists(), is_suppressed())
    query = query.where(Contact.id.in_(ids), Contact.nature == Nature.REAL).order_by(Contact.id)
    addresses, known, gone = [], 0, 0
    for address, standing, has_had, suppressed in db.session.execute(query):
        if has_had:
            known += 1
        elif suppressed or standing in EXITS:
            gone += 1
        else:
            addresses.append(address)
    return Askable(addresses, known, gone)


def _ask(form: LiveForm, addresses: list[str]) -> ResponseReturnValue:
    db.session.rollback()  # each sign-up is stored by a connection of its own
    asked = 0
    for address in addresses:
        try:
            asked += ask(form, address, {}) is not None
        except InvalidAnswers:
            continue
        except TooMany:
            break
    with transaction():
        audit.note(door.operator(), "contacts-asked", form.public_id, list=form.list_id, people=asked)
    flash(ngettext("%(num)s person was asked by email.", "%(num)s people were asked by email.", asked))
    if asked < len(addresses):
        flash(_("%(n)s were not: the limits of sign-ups hold for them too. Try later.", n=len(addresses) - asked))
    return redirect(url_for("admin.contacts"), HTTPStatus.SEE_OTHER)
