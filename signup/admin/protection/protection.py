"""Shows what was held back and why, the attack level, and the allow list."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import case, func, select

from signup.access import audit
from signup.admin.frame import door
from signup.admin.frame.chart import bar
from signup.admin.protection import protection_words
from signup.admin.protection.allowance_input import AllowanceInput
from signup.exports.people_csv import csv_text
from signup.forms.form import Form
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import InvalidAddress
from signup.ground.urls import settings
from signup.limits import allow_list
from signup.limits.allow_list_entry import active
from signup.signups import attack_level
from signup.signups.held_back import Held

RECENT = 12
SWITCH = timedelta(hours=1)
SPANS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(days=30))


class Count(NamedTuple):
    """How often a rule, or at a form, was held back: in the last hour, day, week, month."""

    key: Any
    spans: tuple[int, ...]
    share: Any


def protection() -> ResponseReturnValue:
    return _page(AllowanceInput(formdata=None))


def _page(form: AllowanceInput) -> ResponseReturnValue:
    found, sample = attack_level.read_level()
    counts = _counts(Held.rule)
    names = {row.id: row.name for row in db.session.execute(select(Form.id, Form.name))}
    recent = list(
        db.session.scalars(select(Held).where(~Held.folded, Held.n > 0).order_by(Held.id.desc()).limit(RECENT))
    )
    page = render_template(
        "admin/protection/protection.html",
        form=form,
        heat=found,
        sample=sample,
        threshold=settings().limit_unconfirmed_share,
        last=attack_level.LAST,
        switch_hours=SWITCH.total_seconds() / 3600,
        rules=counts,
        forms=_counts(Held.form_id),
        names=names,
        recent=recent,
        total=sum(count.spans[1] for count in counts),
        allowances=active(),
        protection_words=protection_words,
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def _counts(column: Any) -> list[Count]:
    sums = [func.sum(case((Held.at > now(-span), Held.n), else_=0)) for span in SPANS]
    query = select(column, *sums).where(Held.at > now(-SPANS[-1])).group_by(column)
    rows = [(key, tuple(max(0, int(n)) for n in spans)) for key, *spans in db.session.execute(query)]
    rows = sorted((row for row in rows if row[1][-1]), key=lambda row: row[1], reverse=True)
    most = max((spans[-1] for _key, spans in rows), default=1)
    return [Count(key, spans, bar(spans[-1] / most)) for key, spans in rows]


def protection_csv() -> Response:
    """By hour, rule and form: the last thirty days."""
    sums: dict[tuple[datetime, str, str], int] = {}
    query = select(Held.at, Held.rule, Form.name, Held.n).outerjoin(Form, Form.id == Held.form_id)
    for at, rule, name, n in db.session.execute(query):
        key = (at.replace(minute=0, second=0, microsecond=0), rule, name or "")
        sums[key] = sums.get(key, 0) + n
    lines = [[at.strftime("%Y-%m-%d %H:00"), rule, name, n] for (at, rule, name), n in sorted(sums.items())]
    name = f"held-back-{utcnow():%Y-%m-%d}.csv"
    return Response(
        csv_text(["hour_utc", "rule", "form", "held_back"], *lines),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def protection_heat() -> ResponseReturnValue:
    """The switch: proof of work from everybody for an hour, or no more."""
    up = request.form.get("do") == "up"
    with transaction():
        if up:
            attack_level.ask_for_proof(SWITCH)
        else:
            attack_level.stop_asking_for_proof()
        audit.note(door.operator(), "heat-on" if up else "heat-off")
    flash(_("Every sign-up now needs a proof of work.") if up else _("Sign-ups no longer need a proof of work."))
    return redirect(url_for("admin.protection"), HTTPStatus.SEE_OTHER)


def allowance_add() -> ResponseReturnValue:
    form = AllowanceInput()
    if not form.validate():
        return _page(form)
    days, actor = int(form.days.data), door.operator()
    length = timedelta(days=days) if days else None
    try:
        with transaction():
            label = allow_list.add_entry(form.subject.data or "", form.reason.data or "", length, actor.address)
            audit.note(actor, "allowance-added", label, days=days)
    except InvalidAddress:
        form.subject.errors = [
            _(
                "Enter a network such as 203.0.113.7 or 2001:db8::/48, a domain such as example.org, or an email"
                " address."
            )
        ]
        return _page(form)
    flash(_("%(label)s is on the allow list.", label=label))
    return redirect(url_for("admin.protection"), HTTPStatus.SEE_OTHER)


def allowance_end(allowance_id: int) -> ResponseReturnValue:
    with transaction():
        label = allow_list.end_entry(allowance_id)
        if label:
            audit.note(door.operator(), "allowance-ended", label)
    flash(_("%(label)s is no longer on the allow list.", label=label) if label else _("It had already been removed."))
    return redirect(url_for("admin.protection"), HTTPStatus.SEE_OTHER)
