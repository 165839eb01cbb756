"""/preferences/<token>: language, interests, lists (GDPR art. 16)."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from signup.consent import tracking
from signup.consent.consent_event import ConsentType
from signup.consent.given_values import give, hold
from signup.consent.subscription import Subscription, SubscriptionState, leave
from signup.consent.tracking import ShownTracking
from signup.consent.visit import Visit
from signup.contacts.contact import Contact
from signup.contacts.value_change import LANGUAGE, ChangeKind, ChangeOrigin
from signup.duplicates.merge import survivor_of
from signup.fields.field import out_of_use
from signup.fields.kinds.long_text import LongText
from signup.forms.form import FormVersion
from signup.forms.question import Question
from signup.ground.db import db, transaction
from signup.ground.errors import InvalidAnswers, NotFound
from signup.ground.i18n import LANGUAGES, settle
from signup.ground.tokens import TokenPurpose, keys
from signup.signups import co_registration
from signup.signups.signup import Signup, SignupState
from signup.visitor.visitor_request import this_visit


def preferences(token: str) -> ResponseReturnValue:
    """GET: what is set. POST: change it, at once effective, with its proof."""
    contact = find_contact(keys().open(TokenPurpose.PREFERENCES, token).id)
    settle(contact.language)
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            _change(contact)
        except InvalidAnswers as error:
            problems = error.problems
        else:
            return redirect(url_for("forms.preferences", token=token, saved=1), HTTPStatus.SEE_OTHER)
    page = render_template(
        "visitor/preferences.html",
        contact=contact,
        token=token,
        languages=LANGUAGES,
        fields=_fields(contact)[0],
        subscriptions=_running(contact),
        tracking=_tracking(contact),
        partners=co_registration.of_contact(contact.id),
        problems=problems,
        saved=request.args.get("saved") == "1",
    )
    return page, 422 if problems else 200


def find_contact(uid: UUID) -> Contact:
    """The contact behind a link: named itself, or by the sign-up that the mail was about. Raises `NotFound`."""
    by_signup = select(Signup.contact_id).where(
        Signup.uid == uid, Signup.state.in_((SignupState.CONFIRMED, SignupState.REPEATED))
    )
    found = db.session.scalar(select(Contact).where((Contact.uid == uid) | Contact.id.in_(by_signup)))
    if found is None:
        raise NotFound("contact")
    return survivor_of(found)


def _running(contact: Contact) -> list[Subscription]:
    query = select(Subscription).where(
        Subscription.contact_id == contact.id, Subscription.state == SubscriptionState.CONFIRMED
    )
    return list(db.session.scalars(query.order_by(Subscription.id)))


def _tracking(contact: Contact) -> dict[int, list[tuple[ShownTracking, bool]]]:
    """By subscription the boxes for recording opens and clicks, and whether the person agreed. In their language."""
    agreed = tracking.granted(contact.id)
    return {
        entry.id: [
            (box, (entry.list_id, box.purpose) in agreed)
            for box in tracking.shown(entry.list.controller, contact.language)
        ]
        for entry in _running(contact)
    }


def _settle_tracking(contact: Contact, visit: Visit) -> None:
    """Grant what was ticked as it was shown, withdraw what was not. A box of an older page's words grants nothing."""
    ticked = {value.partition(":")[::2] for value in request.form.getlist("tracking")}
    boxes = _tracking(contact)
    for entry in _running(contact):
        proof = {"controller": entry.list.controller, "address": contact.address}
        sent = {value for uid, value in ticked if uid == str(entry.uid)}
        purposes = {value.partition(".")[0] for value in sent}
        for box, is_granted in boxes[entry.id]:
            if is_granted and box.purpose not in purposes:
                tracking.withdraw(entry, [box.purpose], visit, proof)
            elif not is_granted and box.value in sent:
                tracking.grant(entry, box, visit, proof)


def _fields(contact: Contact) -> tuple[list[Question], dict[int, set[str]]]:
    """The questions this person was asked, latest form first, that can be answered again here; and by list the keys
    that it asked them.
    """
    versions = db.session.execute(
        select(FormVersion, Signup.list_id)
        .join(Signup, Signup.form_version_id == FormVersion.id)
        .where(Signup.contact_id == contact.id, Signup.state.in_((SignupState.CONFIRMED, SignupState.REPEATED)))
        .order_by(Signup.id.desc())
        .limit(20)
    )
    found: dict[str, Question] = {}
    asked: dict[int, set[str]] = {}
    for version, list_id in versions:
        said = version.definition.said_in(contact.language)
        for field in said.fields:
            if said.takes_messages and field.type == LongText.name:  # a message is no value of theirs
                continue
            found.setdefault(field.key, field)
            asked.setdefault(list_id, set()).add(field.key)
    gone = out_of_use()
    return [field for field in found.values() if field.key not in gone], asked


def _change(contact: Contact) -> None:
    answers = {}
    problems = {}
    fields, asked = _fields(contact)
    for field in fields:
        given: Any = request.form.getlist(field.key) if field.kind.takes_several else request.form.get(field.key)
        try:
            answers[field.key] = field.read(given)
        except ValueError as error:
            problems[field.key] = str(error)
    if problems:
        raise InvalidAnswers(problems)
    language = request.form.get("language", contact.language)
    visit = this_visit("preferences")
    with transaction():
        hold([contact.id])
        running = _running(contact)
        kept = set(request.form.getlist("list"))
        for subscription in running:
            if str(subscription.uid) not in kept:
                leave(subscription.id, "preferences", visit)
        db.session.refresh(contact, with_for_update=True)  # an operator may be editing
        language = language if language in LANGUAGES else contact.language
        has_changed = contact.change_answers({**answers, LANGUAGE: language}, ChangeOrigin(ChangeKind.PREFERENCES))
        for subscription in running:
            known = asked.get(subscription.list_id, set()) | subscription.given.keys()
            told = {key: answer for key, answer in answers.items() if key in known}
            if subscription.state == SubscriptionState.CONFIRMED:
                give(subscription, {**told, LANGUAGE: language})
            if has_changed:
                db.session.add(subscription.event(ConsentType.PREFERENCE_CHANGED, visit, answers=told))
        _settle_tracking(contact, visit)
        # After the contact, as a confirmation does it: two that lock in turn never wait for each other.
        proof = {"method": visit.method, "address": contact.address, "ip": visit.ip, "agent": visit.agent}
        chosen = {int(value) for value in request.form.getlist("partner") if value.isdecimal()}
        co_registration.settle(contact.id, chosen, proof)
