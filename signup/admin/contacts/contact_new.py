"""Adding one person by hand: they are asked by email, or come with a written proof, as a file of one row would."""

import io
from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from wtforms import BooleanField, DateField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from signup.access import audit, scope
from signup.addresses.address import key_of
from signup.admin.contacts.contact_filter import shows_tags
from signup.admin.frame import door
from signup.admin.frame.inputs import REQUIRED, Input, choices, is_address, strip
from signup.admin.imports.outcome_words import ORIGINS
from signup.admin.imports.receive_file import receive
from signup.consent.subscription import Subscription, SubscriptionState
from signup.consent.suppression import Suppression
from signup.contacts.contact import Contact, hash_of
from signup.contacts.note import MAX_TEXT, ContactNote
from signup.exports.people_csv import csv_line
from signup.forms.form import Form
from signup.forms.live_form import live_form
from signup.ground.db import db, transaction
from signup.ground.errors import BadFile, InvalidAnswers, TooMany
from signup.ground.i18n import _
from signup.imports.readers.table_file import problem_words
from signup.signups.ask import ask, may_ask_by
from signup.signups.signup import Signup

HEADINGS = ("Email", "First name", "Last name", "Optin time")
"""As an import reads them, whatever the operator's language."""


class PersonInput(Input):
    email = StringField(_("Email address"), [REQUIRED, Length(max=254), is_address], filters=[strip])
    first_name = StringField(_("First name"), [Length(max=100)], filters=[strip])
    last_name = StringField(_("Last name"), [Length(max=100)], filters=[strip])


class AskInput(PersonInput):
    form = SelectField(
        _("List and form"), [REQUIRED], description=_("The form’s wording is what they agree to, in its language.")
    )
    note = TextAreaField(
        _("How they asked"),
        [Length(max=MAX_TEXT)],
        filters=[strip],
        description=_("Kept as a note, which they may read: “by phone on 28 November”."),
    )
    asked = BooleanField(_("This person asked to be on this list"), [REQUIRED])


class ProofInput(PersonInput):
    mailing_list = SelectField(_("List"), [REQUIRED])
    origin = SelectField(_("Where their consent is recorded"), [REQUIRED], default="claim")
    opt_in = DateField(_("Day of their consent"), [Optional()])


def contact_new() -> ResponseReturnValue:
    """GET shows both ways, POST asks by email."""
    given = _ask_input()
    if request.method == "POST" and given.validate():
        try:
            return _ask(given)
        except InvalidAnswers as error:
            for name, text in error.problems.items():
                given[name].errors = [text]
        except TooMany:
            given.form.errors = [gettext("This list has had its share of sign-ups for now. Please try again later.")]
    status = HTTPStatus.UNPROCESSABLE_ENTITY if given.errors else HTTPStatus.OK
    return _page(given, _proof_input()), status


def contact_proof() -> ResponseReturnValue:
    """Take the person in as a file of one row, and go to the page that says what becomes of it."""
    given = _proof_input()
    if not given.validate():
        return _page(_ask_input(), given), HTTPStatus.UNPROCESSABLE_ENTITY
    day = given.opt_in.data.isoformat() if given.opt_in.data else ""
    row = (given.email.data, given.first_name.data, given.last_name.data, day)
    text = csv_line(HEADINGS) + csv_line(row)
    name = gettext("Added by hand")
    try:
        run = receive(io.BytesIO(text.encode()), name, given.mailing_list.data, given.origin.data)
    except BadFile as error:
        given.email.errors = [problem_words(error)]
        return _page(_ask_input(), given), HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(url_for("admin.import_read", uid=run.uid), HTTPStatus.SEE_OTHER)


def _ask(given: AskInput) -> ResponseReturnValue:
    form = live_form(given.form.data)
    if found := _why_not(given.email.data or "", form.list_id):
        given.email.errors = [found]
        return _page(given, _proof_input()), HTTPStatus.UNPROCESSABLE_ENTITY
    names = {"first_name": given.first_name.data, "last_name": given.last_name.data}
    db.session.rollback()  # what was read so far must not hide the sign-up, which a connection of its own stores
    stored = ask(form, given.email.data or "", {key: value for key, value in names.items() if value})
    if stored is None:
        text = gettext("No email was sent: this address got one a moment ago, or has not confirmed several. Try later.")
        given.email.errors = [text]
        return _page(given, _proof_input()), HTTPStatus.TOO_MANY_REQUESTS
    operator, contact = door.operator(), _contact_of(stored.signup_id)
    with transaction():
        if given.note.data and shows_tags():
            note = ContactNote(contact_id=contact.id, operator_id=operator.id, text=given.note.data)
            note.author = operator.name or operator.address
            db.session.add(note)
        audit.note(operator, "contact-asked", str(contact.uid) if scope.sees_everything() else "", list=form.list_id)
    flash(gettext("An email is on its way. They are on the list as soon as they confirm."))
    if scope.sees_everything():
        return redirect(url_for("admin.contact", uid=contact.uid), HTTPStatus.SEE_OTHER)
    return redirect(url_for("admin.contacts"), HTTPStatus.SEE_OTHER)


def _why_not(address: str, list_id: int) -> str:
    """Why nobody is asked at this address, as far as the operator may know it."""
    key = key_of(address)
    entry = select(Subscription.state).join(Contact, Contact.id == Subscription.contact_id)
    state = db.session.scalar(entry.where(Contact.address_key == key, Subscription.list_id == list_id))
    if state == SubscriptionState.CONFIRMED:
        return str(gettext("This person is on the list already."))
    if not scope.sees_everything():
        return ""
    if db.session.scalar(select(Suppression.reason).where(Suppression.address_hash == hash_of(key))) is not None:
        return str(gettext("This address is on the suppression list: no email goes to it."))
    return ""


def _contact_of(signup_id: int) -> Contact:
    query = select(Contact).join(Signup, Signup.contact_id == Contact.id).where(Signup.id == signup_id)
    return db.session.scalars(query).one()


def forms_that_ask() -> list[Form]:
    """The forms of the operator's lists by which somebody may be asked, the newest first."""
    query = select(Form).where(Form.archived_at.is_(None), Form.version_id.is_not(None), scope.only(Form.list_id))
    return [one for one in db.session.scalars(query.order_by(Form.id.desc())) if may_ask_by(one.version.definition)]


def _ask_input() -> AskInput:
    given, wanted = AskInput(), request.args.get("list")
    forms = sorted(forms_that_ask(), key=lambda one: one.list.slug != wanted)
    given.form.choices = choices((one.public_id, f"{one.list.name} · {one.name}") for one in forms)
    return given


def _proof_input() -> ProofInput:
    given = ProofInput(prefix="proof-", data={"mailing_list": request.args.get("list")})
    given.mailing_list.choices = choices((row.slug, row.name) for row in scope.mailing_lists())
    given.origin.choices = choices((name, label) for name, label in ORIGINS.items() if name in {"claim", "service"})
    return given


def _page(asking: AskInput, proving: ProofInput) -> Any:
    return render_template("admin/contacts/contact_new.html", asking=asking, proving=proving, keeps_notes=shows_tags())
