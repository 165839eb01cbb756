"""A list's automations: which are on, what each says, and when it goes."""

from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from signup.access import audit
from signup.admin.automations.automation_input import AutomationInput
from signup.admin.frame import door
from signup.automations.automation import Automation, automations_of, switch
from signup.consent.mailing_list import find_list
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import NotFound
from signup.mailer.message import Message, MessageState
from signup.mailer.message_kind import MessageKind


def automations(slug: str) -> ResponseReturnValue:
    of = find_list(slug)
    rows = automations_of(of)
    return render_template(
        "admin/automations/automations.html", list=of, automations=rows, sent={one.kind: _sent(one) for one in rows}
    )


def automation_edit(slug: str, kind: str) -> ResponseReturnValue:
    one = _find(slug, kind)
    form = AutomationInput(one)
    if request.method == "POST" and form.validate():
        with transaction():
            before = {name: getattr(one, name) for name in form.data}
            form.populate_obj(one)
            one.delay_days, one.edited_at = one.delay_days or 0, now()
            db.session.add(one)
            audit.note(door.operator(), "automation-changed", _name(one, slug), **audit.change(before, form.data))
        flash(_("The automation has been saved."))
        return _back(slug)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    page = "admin/automations/automation_edit.html"
    return render_template(page, form=form, one=one, list=find_list(slug)), status


def automation_switch(slug: str, kind: str) -> ResponseReturnValue:
    one, turns_on = _find(slug, kind), "on" in request.form
    if turns_on and one.words.delay_days == 0 and kind == "birthday" and not one.field:
        flash(_("Choose the field that holds the date."))
        return redirect(url_for("admin.automation_edit", slug=slug, kind=kind), HTTPStatus.SEE_OTHER)
    with transaction():
        if switch(one, on=turns_on):
            audit.note(door.operator(), "automation-on" if turns_on else "automation-off", _name(one, slug))
    flash(_("The automation is on.") if turns_on else _("The automation is off. Emails that wait still go."))
    return _back(slug)


def _find(slug: str, kind: str) -> Automation:
    for one in automations_of(find_list(slug)):
        if one.kind == kind:
            return one
    raise NotFound(f"automation {kind!r}")


def _name(one: Automation, slug: str) -> str:
    return f"{slug}/{one.kind}"


def _sent(one: Automation) -> int:
    """How many of its letters went out."""
    mine = Message.dedupe_key.startswith(f"automation:{one.id}:", autoescape=True)
    sent = select(func.count()).where(mine, Message.kind == MessageKind.AUTOMATION, Message.state == MessageState.SENT)
    return db.session.scalar(sent) or 0


def _back(slug: str) -> ResponseReturnValue:
    return redirect(url_for("admin.automations", slug=slug), HTTPStatus.SEE_OTHER)
