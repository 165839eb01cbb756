"""Tills: the devices in shops, their addresses (shown once), and switching one off. `staff` has who stands there."""

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
from signup.admin.tills.till_input import MAX_HINT, TillInput
from signup.forms.form import Form
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import NotFound
from signup.ground.urls import public_url
from signup.tills.till import Till, ask_the_same
from signup.tills.till_entry import KioskEntry


def tills() -> ResponseReturnValue:
    return _page()


def _page(shown: Till | None = None, link: str = "") -> ResponseReturnValue:
    query = select(Till).where(scope.only(Form.list_id)).join(Form, Form.id == Till.form_id)
    rows = list(db.session.scalars(query.order_by(Till.revoked_at.is_not(None), Till.shop, Till.name)))
    counted = select(KioskEntry.till_id, func.count()).group_by(KioskEntry.till_id)
    counts = {till_id: int(n) for till_id, n in db.session.execute(counted)}
    code = segno.make(link, error="m").svg_inline(scale=1, omitsize=True, border=4) if link else ""
    has_forms = bool(_forms())
    return render_template(
        "admin/tills/tills.html",
        tills=rows,
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


def _edit(till: Till | None) -> ResponseReturnValue:
    forms = _forms() if till is None or till.form.archived_at is None else [till.form, *_forms()]
    typed = TillInput(obj=till, data={} if till is None else {"editions": till.edition_ids})
    typed.form_id.choices = choices((form.id, f"{form.name} ({form.list.name})") for form in forms)
    others = _editions(till) if till else []
    typed.editions.choices = choices(
        (form.public_id, f"{form.version.definition.language.upper()} · {form.name}") for form in others
    )
    if request.method == "POST" and typed.validate():
        link = _save(till, typed)
        if link is not None:
            made = till or db.session.scalar(select(Till).where(Till.name == typed.name.data))
            return _page(made, link) if link else _saved()
    status = HTTPStatus.UNPROCESSABLE_ENTITY if typed.errors else HTTPStatus.OK
    return render_template(
        "admin/tills/till_edit.html", till=till, typed=typed, others=others, max_hint=MAX_HINT
    ), status


def _saved() -> ResponseReturnValue:
    flash(_("The kiosk has been saved."))
    return redirect(url_for("admin.tills"), HTTPStatus.SEE_OTHER)


def _forms() -> list[Form]:
    query = select(Form).where(Form.archived_at.is_(None), Form.version_id.is_not(None), scope.only(Form.list_id))
    return list(db.session.scalars(query.order_by(Form.name)))


def _editions(till: Till) -> list[Form]:
    own = till.form.version.definition
    return [
        form
        for form in _forms()
        if form.list_id == till.form.list_id
        and form.version.definition.language != own.language
        and ask_the_same(own, form.version.definition)
    ]


def _save(till: Till | None, typed: TillInput) -> str | None:
    """Save; the new till's address, an empty text for one that has its own already, None when the name is taken."""
    try:
        with transaction():
            made, before = till or Till(), {} if till is None else _values(till)
            link = "" if till else public_url("forms.kiosk", token=made.renew())
            has_moved = till is not None and till.form_id != typed.form_id.data
            made.name, made.shop, made.form_id = typed.name.data or "", typed.shop.data or "", typed.form_id.data
            made.edition_ids = [] if has_moved else list(typed.editions.data or [])
            made.hints = _hints()
            db.session.add(made)
            db.session.flush()
            changes = audit.change(before, _values(made))
            audit.note(door.operator(), "till-changed" if till else "till-added", str(made.uid), **changes)
    except IntegrityError:
        typed.name.errors = [_("Another kiosk has this name.")]
        return None
    return link


def _hints() -> dict[str, str]:
    """What was typed beside each field; empty ones leave ours."""
    typed = ((key, " ".join(value.split())[:MAX_HINT]) for key, value in request.form.items())
    return {key.removeprefix("hint-")[:40]: value for key, value in typed if key.startswith("hint-") and value}


def _values(till: Till) -> dict[str, Any]:
    return {name: getattr(till, name) for name in ("name", "shop", "form_id", "edition_ids", "hints")}


def till_renew(uid: UUID) -> ResponseReturnValue:
    """A new address for the device, shown once; the old one ends, and what waits on the device still comes in."""
    till = _find(uid)
    with transaction():
        link = public_url("forms.kiosk", token=till.renew())
        audit.note(door.operator(), "till-renewed", str(uid))
    return _page(till, link)


def till_revoke(uid: UUID) -> ResponseReturnValue:
    """Switch the device off: its address shows nothing and takes nothing any more."""
    till = _find(uid)
    with transaction():
        till.revoked_at = now()
        audit.note(door.operator(), "till-revoked", str(uid))
    flash(_("The kiosk is switched off. It can no longer send anything."))
    return redirect(url_for("admin.tills"), HTTPStatus.SEE_OTHER)


def _find(uid: UUID) -> Till:
    found = db.session.scalar(select(Till).where(Till.uid == uid))
    if found is None:
        raise NotFound(f"till {uid}")
    return found
