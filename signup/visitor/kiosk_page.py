"""/k/<token>: the kiosk's page, its PIN pad, and where its entries come in – each stored exactly once.

No cookie: the token in the address stands for the device, a signed session in the body for the person at it.
"""

from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from uuid import UUID

import segno
from flask import Response, jsonify, render_template, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import update
from werkzeug.exceptions import BadRequest

from signup.forms import form_rendering
from signup.forms.form_rendering import Surface
from signup.forms.live_form import LiveForm, live_form
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import NotFound
from signup.ground.i18n import LANGUAGES, settle, speaking
from signup.ground.urls import public_url
from signup.kiosks import kiosk as kiosks
from signup.kiosks import sealed_box
from signup.kiosks.kiosk import Kiosk, Staff
from signup.kiosks.take_entry import take
from signup.limits.governor import governor
from signup.visitor.visitor_request import this_visit

LOCK_AFTER = timedelta(minutes=3)
"""How long the page stays open for somebody who touches nothing."""
OFFLINE_PIN = timedelta(hours=12)
"""How long a PIN given online also opens the page while it is offline."""
THANKS_FOR = timedelta(minutes=2)
STATIC = Path(__file__).with_name("static")
MAX_ENTRIES = 40
MAX_BATCH = 512 * 1024
MAX_TEXT = 300


def show(token: str) -> ResponseReturnValue:
    """GET: the page with every step in it; the script shows one at a time."""
    kiosk = kiosks.find_kiosk(token)
    form = live_form(kiosk.form.public_id)
    settle(form.definition.language)
    offered = editions(kiosk, form)
    return render_template(
        "visitor/kiosk.html",
        kiosk=kiosk,
        form=form,
        fields=form.definition.fields,
        staff=kiosks.staff_at(kiosk),
        languages=LANGUAGES,
        handovers=[(_key(one), one.definition.language, *_handover(kiosk, one)) for one in offered],
        config=_config(token, offered),
    )


def editions(kiosk: Kiosk, form: LiveForm) -> list[LiveForm]:
    """The forms by which the customer may agree: the kiosk's own in its languages, then others for further ones."""
    found = dict(form.in_language)
    for public_id in kiosk.edition_ids:
        try:
            other = live_form(public_id)
        except NotFound:
            continue
        if other.list_id == form.list_id and kiosks.ask_same_questions(form.definition, other.definition):
            found |= {language: one for language, one in other.in_language.items() if language not in found}
    return list(found.values())


def _key(form: LiveForm) -> str:
    """What names one edition on the page."""
    return f"{form.public_id}-{form.definition.language}"


def _handover(kiosk: Kiosk, form: LiveForm) -> tuple[str, str]:
    """The customer's two steps in the form's language: agree, and thanks."""
    address = public_url("forms.show", public_id=form.public_id, src=kiosk.placement)
    code = segno.make(address, error="m").svg_inline(scale=1, omitsize=True, border=4)
    about = {"key": _key(form), "form": form, "definition": form.definition}
    qr = Markup(code)  # noqa: S704  # drawn by segno from an address of ours
    with speaking(form.definition.language):
        consent = render_template("visitor/kiosk_consent.html", qr=form_rendering.QR, **about)
        thanks = render_template("visitor/kiosk_thanks.html", **about)
    form_rendering.keep(form, Surface.KIOSK, consent)
    return form_rendering.fill(consent, {form_rendering.QR: qr}), thanks


def _config(token: str, offered: list[LiveForm]) -> dict[str, object]:
    fields = offered[0].definition.fields
    return {
        "unlock": url_for("forms.kiosk_unlock", token=token),
        "entries": url_for("forms.kiosk_entries", token=token),
        "worker": url_for("forms.kiosk_worker"),
        "key": sealed_box.public_key(),
        "lockAfter": LOCK_AFTER.total_seconds(),
        "thanksFor": THANKS_FOR.total_seconds(),
        "offlinePin": OFFLINE_PIN.total_seconds(),
        "keepFor": kiosks.ENTRY_TTL.total_seconds(),
        "fields": [{"key": one.key, "type": one.type, "required": one.required} for one in fields],
        "edition": _key(offered[0]),
        "editions": {
            _key(one): {
                "form": one.public_id,
                "language": one.definition.language,
                "version": one.version_id,
                "code": url_for("forms.code", public_id=one.public_id),
            }
            for one in offered
        },
        "texts": {
            "fill": _("Fill in this field."),
            "staff": _("Choose your name."),
            "ask": _("Please ask this too, or tick that they prefer not to say."),
            "address": _("This email address looks incomplete. Please check it."),
            "number": _("Enter a number."),
            "pin": _("That PIN is wrong."),
            "wait": _("Too many attempts. Please wait a few minutes."),
            "online": _("Online"),
            "offline": _("Offline"),
            "ready": _("ready for offline use"),
            "waiting": _("%(n)s waiting to be sent", n="{n}"),
            "old": _(
                "%(n)s entries were not sent within %(days)s days and were deleted.",
                n="{n}",
                days=kiosks.ENTRY_TTL.days,
            ),
            "first": _("The kiosk must be online the first time."),
            "again": _("Lock the kiosk and enter your PIN again to see it."),
            "storage": _("This browser cannot store data. Please leave private browsing."),
        },
        "signs": {
            "@": _("at"),
            ".": _("dot"),
            "-": _("hyphen"),
            "_": _("underscore"),
            "+": _("plus"),
        },
    }


def worker() -> Response:
    """The service worker; from here, because a worker reaches no further than its own folder."""
    return send_from_directory(STATIC, "kiosk-worker.js")


def unlock(token: str) -> ResponseReturnValue:
    """Open the kiosk for somebody: 200 with a signed session, 422 for a wrong PIN, 429 after too many."""
    kiosk = kiosks.find_kiosk(token)
    settle(kiosk.form.version.definition.language)
    given = _body()
    uid, pin = _uid(given.get("staff")), given.get("pin")
    if not isinstance(pin, str) or len(pin) > MAX_TEXT:
        raise BadRequest
    rules = kiosks.pin_rules(kiosk, uid)
    governor().admit(rules)  # counted before the PIN is looked at: parallel guesses cannot slip past
    staff = next((one for one in kiosks.staff_at(kiosk) if one.uid == uid), None)
    if staff:
        db.session.expunge(staff)
    db.session.rollback()  # a slow hash must hold no connection
    if not kiosks.has_pin(staff, pin) or staff is None:
        return jsonify(problem=_("That PIN is wrong.")), HTTPStatus.UNPROCESSABLE_ENTITY
    governor().take_back([], forget=rules)
    return jsonify(session=_begin(kiosk, staff, kiosks.renewed_hash(staff.pin_hash, pin)))


def _begin(kiosk: Kiosk, staff: Staff, pin_hash: str) -> str:
    with transaction():
        if pin_hash != staff.pin_hash:
            unchanged = (Staff.id == staff.id, Staff.pin_hash == staff.pin_hash)
            db.session.execute(update(Staff).where(*unchanged).values(pin_hash=pin_hash))
        token = kiosks.begin(kiosk, staff)
        kiosk.seen_at = now()
        db.session.add(kiosk)
    return token


def entries(token: str) -> ResponseReturnValue:
    """Take a batch of entries; says of each: `done`, `refused` with its problems, or `later`."""
    kiosk = kiosks.find_kiosk(token)
    settle(kiosk.form.version.definition.language)
    request.max_content_length = MAX_BATCH
    given = _body()
    batch, session = given.get("entries"), given.get("session") or ""
    if not isinstance(batch, list) or len(batch) > MAX_ENTRIES or not isinstance(session, str):
        raise BadRequest
    sealed = [(_uid(one.get("uid")), _text(one.get("sealed"))) for one in batch if isinstance(one, dict)]
    with transaction():
        is_attended = kiosks.touch(kiosk, session)
        kiosk.seen_at = now()
        db.session.add(kiosk)
    visit = this_visit("kiosk")
    entries = [take(kiosk, uid, box, visit, is_attended=is_attended) for uid, box in sealed]
    return jsonify(entries=entries, attended=is_attended)


def _body() -> dict[str, object]:
    given = request.get_json()  # 415 or 400 when it is none
    if not isinstance(given, dict):
        raise BadRequest
    return given


def _uid(value: object) -> UUID:
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError:
        raise BadRequest from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadRequest
    return value
