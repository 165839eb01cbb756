"""Kiosks: the devices in shops, their addresses (shown once), and switching one off. `staff` has who stands there."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

import segno
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from signup.access import audit, scope
from signup.admin.frame import door
from signup.admin.frame.inputs import choices
from signup.admin.kiosks.kiosk_input import MAX_HINT, KioskInput
from signup.forms.form import Form
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import NotFound
from signup.ground.urls import public_url
from signup.kiosks.kiosk import Kiosk, ask_same_questions
from signup.kiosks.kiosk_entry import KioskEntry


def tills() -> ResponseReturnValue:
    return _page()


def _page(shown: Kiosk | None = None, link: str = "") -> ResponseReturnValue:
    query = select(Kiosk).where(scope.only(Form.list_id)).join(Form, Form.id == Kiosk.form_id)
    rows = list(db.session.scalars(query.order_by(Kiosk.revoked_at.is_not(None), Kiosk.shop, Kiosk.name)))
    counted = select(KioskEntry.till_id, func.count()).group_by(KioskEntry.till_id)
    counts = {till_id: int(n) for till_id, n in db.session.execute(counted)}
    code = segno.make(link, error="m").svg_inline(scale=1, omitsize=True, border=4) if link else ""
    has_forms = bool(_forms())
    return render_template(
        "admin/kiosks/kiosks.html",
        kiosks=rows,
        counts=counts,
        has_forms=has_forms,
        shown=shown,
        link=link,
        qr=Markup(code),  # noqa: S704  # drawn by segno from an address of ours
    )


def till_new() -> ResponseReturnValue:
    return _edit(None)


def till_edit(uid: UUID) -> ResponseReturnValue:
    return _edit(_find(uid))


def _edit(kiosk: Kiosk | None) -> ResponseReturnValue:
    forms = _forms() if kiosk is None or kiosk.form.archived_at is None else [kiosk.form, *_forms()]
    typed = KioskInput(obj=kiosk, data={} if kiosk is None else {"editions": kiosk.edition_ids})
    typed.form_id.choices = choices((form.id, f"{form.name} ({form.list.name})") for form in forms)
    others = _editions(kiosk) if kiosk else []
    typed.editions.choices = choices(
        (form.public_id, f"{form.version.definition.language.upper()} · {form.name}") for form in others
    )
    if request.method == "POST" and typed.validate():
        link = _save(kiosk, typed)
        if link is not None:
            made = kiosk or db.session.scalar(select(Kiosk).where(Kiosk.name == typed.name.data))
            return _page(made, link) if link else _saved()
    status = HTTPStatus.UNPROCESSABLE_ENTITY if typed.errors else HTTPStatus.OK
    return render_template(
        "admin/kiosks/kiosk_edit.html", kiosk=kiosk, typed=typed, others=others, max_hint=MAX_HINT
    ), status


def _saved() -> ResponseReturnValue:
    flash(_("The kiosk has been saved."))
    return redirect(url_for("admin.tills"), HTTPStatus.SEE_OTHER)


def _forms() -> list[Form]:
    query = select(Form).where(Form.archived_at.is_(None), Form.version_id.is_not(None), scope.only(Form.list_id))
    return list(db.session.scalars(query.order_by(Form.name)))


def _editions(kiosk: Kiosk) -> list[Form]:
    own = kiosk.form.version.definition
    return [
        form
        for form in _forms()
        if form.list_id == kiosk.form.list_id
        and form.version.definition.language != own.language
        and ask_same_questions(own, form.version.definition)
    ]


def _save(kiosk: Kiosk | None, typed: KioskInput) -> str | None:
    """Save; the new kiosk's address, an empty text for one that has its own already, None when the name is taken."""
    try:
        with transaction():
            made, before = kiosk or Kiosk(), {} if kiosk is None else _values(kiosk)
            link = "" if kiosk else public_url("forms.kiosk", token=made.renew())
            has_moved = kiosk is not None and kiosk.form_id != typed.form_id.data
            made.name, made.shop, made.form_id = typed.name.data or "", typed.shop.data or "", typed.form_id.data
            made.edition_ids = [] if has_moved else list(typed.editions.data or [])
            made.hints = _hints()
            db.session.add(made)
            db.session.flush()
            changes = audit.change(before, _values(made))
            audit.note(door.operator(), "till-changed" if kiosk else "till-added", str(made.uid), **changes)
    except IntegrityError:
        typed.name.errors = [_("Another kiosk has this name.")]
        return None
    return link


def _hints() -> dict[str, str]:
    """What was typed beside each field; empty ones leave ours."""
    typed = ((key, " ".join(value.split())[:MAX_HINT]) for key, value in request.form.items())
    return {key.removeprefix("hint-")[:40]: value for key, value in typed if key.startswith("hint-") and value}


def _values(kiosk: Kiosk) -> dict[str, Any]:
    return {name: getattr(kiosk, name) for name in ("name", "shop", "form_id", "edition_ids", "hints")}


def till_renew(uid: UUID) -> ResponseReturnValue:
    """A new address for the device, shown once; the old one ends, and what waits on the device still comes in."""
    kiosk = _find(uid)
    with transaction():
        link = public_url("forms.kiosk", token=kiosk.renew())
        audit.note(door.operator(), "till-renewed", str(uid))
    return _page(kiosk, link)


def till_revoke(uid: UUID) -> ResponseReturnValue:
    """Switch the device off: its address shows nothing and takes nothing any more."""
    kiosk = _find(uid)
    with transaction():
        kiosk.revoked_at = now()
        audit.note(door.operator(), "till-revoked", str(uid))
    flash(_("The kiosk is switched off. It can no longer send anything."))
    return redirect(url_for("admin.tills"), HTTPStatus.SEE_OTHER)


def _find(uid: UUID) -> Kiosk:
    found = db.session.scalar(select(Kiosk).where(Kiosk.uid == uid))
    if found is None:
        raise NotFound(f"kiosk {uid}")
    return found
