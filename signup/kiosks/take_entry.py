"""Takes an entry of a kiosk: opens its box, checks it like any sign-up, asks the governor, stores it exactly once."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from flask_babel import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select

from signup.addresses import address as addresses
from signup.consent import partner
from signup.consent.snapshot import digest
from signup.consent.visit import Visit
from signup.contacts.source import Source
from signup.forms.form import MAX_PARTNERS, FormVersion
from signup.forms.live_form import LiveForm, live_form
from signup.ground.db import db
from signup.ground.errors import InvalidAddress, InvalidAnswers, NotFound, TooMany
from signup.ground.tokens import TokenPurpose, keys
from signup.ground.urls import settings
from signup.kiosks import kiosk as kiosks
from signup.kiosks import kiosk_entry, sealed_box
from signup.kiosks.kiosk import Kiosk, KioskSession
from signup.kiosks.kiosk_entry import KioskOrigin
from signup.limits.governor import governor
from signup.limits.limit_rule import is_silent, sign_up_rules
from signup.signups import admission, attack_level, check_submission, store_signup, submitted
from signup.signups.check_submission import CheckedSubmission
from signup.signups.follow_up import follow_up
from signup.signups.submitted import Submitted

Short = Annotated[str, Field(max_length=300)]
Box = Annotated[str, Field(pattern=r"^[0-9]{1,9}\.[0-9]{1,9}\.[a-z]{2}$")]


class SealedEntry(BaseModel):
    """What the kiosk's script seals. `taken_at` is the kiosk's clock, `version` the form version that was shown.

    `partners` are the ticked boxes: partner, version and language of the words that stood beside each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    session: Short
    taken_at: Short
    form: Annotated[str, Field(max_length=16)]
    language: Annotated[str, Field(max_length=5)]
    version: int
    email: Short
    fields: dict[Annotated[str, Field(max_length=40)], Any]
    declined: list[Annotated[str, Field(max_length=40)]] = []
    consent: bool
    partners: Annotated[list[Box], Field(max_length=MAX_PARTNERS)] = []
    corrected: bool = False


def take(kiosk: Kiosk, uid: UUID, box: str, visit: Visit, *, is_attended: bool) -> dict[str, Any]:
    """Take one entry and say what became of it; staff who are there (`is_attended`) see a refused one again."""
    entry = _open(uid, box)
    db.session.rollback()  # a fresh look: another copy may have come while the batch before was stored
    if kiosk_entry.is_known(uid):
        return _done(uid, _handle(entry) if entry else None)
    if entry is None:
        return _refused(uid, {"": _("This entry can no longer be read.")}, None)
    try:
        return _take(kiosk, uid, entry, visit)
    except InvalidAnswers as error:
        return _refused(uid, error.problems, entry if is_attended else None)


def _open(uid: UUID, box: str) -> SealedEntry | None:
    try:
        return SealedEntry.model_validate(sealed_box.unseal(uid, box))
    except (sealed_box.UnreadableBox, ValidationError):
        return None


def _take(kiosk: Kiosk, uid: UUID, entry: SealedEntry, visit: Visit) -> dict[str, Any]:
    session, form = _session_of(entry), _form_of(entry)
    sent = _check(form, entry, _source(session, entry), visit)
    origin = _origin(uid, session, sent, entry)
    attempt = admission.attempt(form.list_id, sent.address, None, kiosk=kiosk.uid.hex)
    values = store_signup.gather(sent)
    db.session.rollback()  # the governor and the hot path have connections of their own
    try:
        # No proof of work, however hot it is: a device with a token and a person with a PIN stand for the customer.
        with governor().counted(sign_up_rules(settings(), attempt)) as turn:
            stored = kiosk_entry.store(turn, origin, sent, values)
    except TooMany as error:
        if not is_silent(error.rule):
            return {"uid": str(uid), "result": "later", "retry_after": error.retry_after}
        admission.hold(sent, attempt, error.rule)
        kiosk_entry.hold(form, origin)
        return _done(uid, sent.handle)
    attack_level.count_accepted()
    if stored:
        follow_up(form, stored, sent.visit)
    return _done(uid, sent.handle)


def _session_of(entry: SealedEntry) -> KioskSession:
    session = kiosks.session_of(entry.session)
    if session is None or session.kiosk.revoked_at is not None:
        raise InvalidAnswers({"": _("This entry waited too long, or its kiosk was switched off.")})
    taken_at = _time(entry.taken_at)
    if session.staff.retired_at and (taken_at is None or taken_at > session.staff.retired_at):
        raise InvalidAnswers({"": _("The person who took this entry no longer works at the kiosks.")})
    return session


def _form_of(entry: SealedEntry) -> LiveForm:
    """The form as the customer saw it, maybe some versions ago or before the kiosk had another: they agreed to it."""
    try:
        form = live_form(entry.form)
    except NotFound:
        raise InvalidAnswers({"": _("This form is closed.")}) from None
    if form.version_id == entry.version and entry.language in form.in_language:
        return form.in_language[entry.language]
    seen = db.session.scalar(select(FormVersion).where(FormVersion.id == entry.version, FormVersion.form_id == form.id))
    if seen is None or entry.language not in seen.definition.languages:
        raise InvalidAnswers({"": _("This form was never displayed.")})
    definition = seen.definition.said_in(entry.language)
    return replace(
        form,
        version_id=seen.id,
        wording_hash=digest(definition.wording),
        definition=definition,
        partners=partner.shown(definition.partner_ids, entry.language),
    )


def _check(form: LiveForm, entry: SealedEntry, source: Source, visit: Visit) -> CheckedSubmission:
    """As any form is checked; and every field was asked: answered, or the customer would rather not say."""
    problems: dict[str, str] = {}
    submitted.refuse_broken_text({"email": entry.email, **entry.fields}, problems)
    given = Submitted(
        entry.fields,
        is_json=True,
        problems=problems,
        email=entry.email,
        consents=entry.consent,
        partners=tuple(_boxes(form, entry)),
    )
    sent = check_submission.check(form, given, source, visit)
    if not entry.consent:  # of a form that takes messages: a kiosk signs people up, and nothing else
        raise InvalidAnswers({"consent": _("Tick the box to sign up. We can only email you with your consent.")})
    # Nobody has to answer what is optional (GDPR art. 5 (1) (c)); but at a kiosk nobody may forget to ask.
    missing = [
        one.key for one in form.definition.fields if one.key not in sent.answers and one.key not in entry.declined
    ]
    if missing:
        text = _("Please ask this too, or tick that they prefer not to say.")
        raise InvalidAnswers(dict.fromkeys(missing, text))
    return sent


def _boxes(form: LiveForm, entry: SealedEntry) -> list[str]:
    """The ticked boxes, without those of a partner that retired while the entry waited: nobody is there to be asked
    again, and the list's own sign-up must not be lost over it.
    """
    retired = set(form.definition.partner_ids) - {one.id for one in form.partners}
    return [box for box in entry.partners if int(box.partition(".")[0]) not in retired]


def _source(session: KioskSession, entry: SealedEntry) -> Source:
    at = _time(entry.taken_at)
    taken_at = at.isoformat(timespec="seconds") if at else ""
    return Source(
        placement=session.kiosk.placement, staff=session.staff.name, taken_at=taken_at, corrected=entry.corrected
    )


def _origin(uid: UUID, session: KioskSession, sent: CheckedSubmission, entry: SealedEntry) -> KioskOrigin:
    optional = [one.key for one in sent.form.definition.fields if not one.required]
    filled = sum(key in sent.answers for key in optional)
    return KioskOrigin(uid, session.till_id, session.staff_id, len(optional), filled, _time(entry.taken_at))


def _time(claimed: str) -> datetime | None:
    """The kiosk's clock, where it says something that a calendar holds."""
    try:
        at = datetime.fromisoformat(claimed)
        return at.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None


def _handle(entry: SealedEntry) -> UUID | None:
    try:
        return check_submission.handle_of(live_form(entry.form).list_id, addresses.parse(entry.email))
    except (NotFound, InvalidAddress):
        return None


def _done(uid: UUID, handle: UUID | None) -> dict[str, Any]:
    """The same for every address, whatever we know of it; `signup` is what a code is typed for."""
    return {"uid": str(uid), "result": "done", "signup": handle and keys().sign(TokenPurpose.CODE, handle)}


def _refused(uid: UUID, problems: dict[str, str], entry: SealedEntry | None) -> dict[str, Any]:
    shown = entry.model_dump(exclude={"session"}) if entry else None
    return {"uid": str(uid), "result": "refused", "problems": problems, "entry": shown}
