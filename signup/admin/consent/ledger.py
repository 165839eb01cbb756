"""The ledger: how far it is, whether it was checked, its checkpoint and keys to take away, and the way to a proof."""

from http import HTTPStatus

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.access import audit
from signup.access.operator import Operator
from signup.addresses.address import MAX_LENGTH, key_of
from signup.admin.consent import consent_words
from signup.admin.frame import door
from signup.contacts.contact import Contact
from signup.duplicates.merge import survivor_of
from signup.ground.db import db, transaction
from signup.ground.urls import settings
from signup.ledger import ledger_check, signed_note
from signup.ledger.ledger_state import look_outside, read_state


def consent() -> ResponseReturnValue:
    return _page()


def _page(problem: str = "") -> ResponseReturnValue:
    state, newest = read_state(), ledger_check.newest()
    page = render_template(
        "admin/consent/ledger.html",
        state=state,
        outside=look_outside(),
        folder=settings().outside_folder,
        keys="".join(f"{key}\n" for key in signed_note.public_keys()),
        newest=newest,
        last=ledger_check.newest(is_done=True),
        is_busy=newest is not None and newest.is_open,
        asked_by=db.session.get(Operator, newest.operator_id) if newest and newest.operator_id else None,
        consent_words=consent_words,
        problem=problem,
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK


def consent_check() -> ResponseReturnValue:
    """Ask for a check; a worker does it."""
    with transaction():
        if ledger_check.ask(door.operator().id):
            audit.note(door.operator(), "ledger-checked")
    return redirect(url_for("admin.consent"), HTTPStatus.SEE_OTHER)


def consent_checkpoint() -> ResponseReturnValue:
    """The newest checkpoint as a file: what is kept elsewhere shows later that nothing before it was changed."""
    return _file(read_state().note, "checkpoint.txt")


def consent_keys() -> ResponseReturnValue:
    return _file("".join(f"{key}\n" for key in signed_note.public_keys()), "public-keys.txt")


def _file(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, content_type="text/plain; charset=utf-8", headers=headers)


def consent_proof() -> ResponseReturnValue:
    """Lead to the proof of the contact with this address. It is posted: no address belongs into a URL."""
    key = key_of(request.form.get("address", "")[:MAX_LENGTH])
    found = db.session.scalar(select(Contact).where(Contact.address_key == key)) if key else None
    if found is None:
        return _page(_("No contact has this address. Whoever was erased, or never signed up, has no proof here."))
    return redirect(url_for("admin.proof", uid=survivor_of(found).uid), HTTPStatus.SEE_OTHER)
