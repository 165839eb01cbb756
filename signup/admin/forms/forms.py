"""Forms: the table, and closing one. Writing them is in `form_edit` and its neighbours."""

from http import HTTPStatus

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, or_, select, update

from signup.access import audit, scope
from signup.admin.frame import door
from signup.consent.mailing_list import MailingList
from signup.counts.funnel import settled_rates
from signup.counts.tally import Measure, Tally
from signup.enquiries.enquiry import unread
from signup.forms.form import Form, find_form
from signup.forms.form_draft import FormDraft, forms_with_draft
from signup.ground.db import db, transaction
from signup.ground.dialect import now


def forms() -> ResponseReturnValue:
    query = select(Form).where(scope.only(Form.list_id)).order_by(Form.archived_at.is_not(None), Form.name)
    rows = list(db.session.scalars(query))
    has_lists = db.session.scalar(select(MailingList.id).where(scope.only(MailingList.id)).limit(1)) is not None
    drafts = forms_with_draft()
    rows = [row for row in rows if row.version_id or row.id in drafts]
    return render_template(
        "admin/forms/forms.html",
        forms=rows,
        drafts=drafts,
        counts=_counts(),
        rates=settled_rates(),
        has_lists=has_lists,
        takes_messages=any(row.version_id and row.version.definition.takes_messages for row in rows),
        unread={form_id: n for form_id, n in unread().items() if form_id in {row.id for row in rows}},
    )


def _counts() -> dict[tuple[int, str], int]:
    """Sign-ups by form, over all time."""
    query = select(Tally.form_id, Tally.measure, func.sum(Tally.n)).where(Tally.measure == Measure.SUBMITTED)
    return {
        (form_id, measure): int(n)
        for form_id, measure, n in db.session.execute(query.group_by(Tally.form_id, Tally.measure))
    }


def form_archive(public_id: str) -> ResponseReturnValue:
    """Close the form for visitors, or open it again; what it collected stays."""
    form = find_form(public_id)
    closes = form.archived_at is None
    with transaction():
        db.session.execute(update(Form).where(Form.id == form.id).values(archived_at=now() if closes else None))
        audit.note(door.operator(), "form-changed", public_id, archived=closes)
    flash(_("The form is closed. Nobody can sign up with it.") if closes else _("The form is open again."))
    return redirect(url_for("admin.form_edit", public_id=public_id), HTTPStatus.SEE_OTHER)


def count_forms() -> int:
    """For the menu: the forms of the reader's lists."""
    is_shown = or_(Form.version_id.is_not(None), Form.id.in_(select(FormDraft.form_id)))
    mine = (Form.archived_at.is_(None), is_shown, scope.only(Form.list_id))
    return db.session.scalar(select(func.count(Form.id)).where(*mine)) or 0
