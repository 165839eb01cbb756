"""Mailing lists: the table with counts, and the pages to add and change one."""

from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from signup.access import audit, scope
from signup.admin.frame import door
from signup.admin.frame.formatting import language
from signup.admin.lists.list_input import ListInput
from signup.campaigns.archive import archive_address
from signup.consent.leaving_words import REASONS
from signup.consent.mailing_list import MailingList, find_list
from signup.counts.tally import Measure, Tally
from signup.ground.db import db, transaction
from signup.mailer import compose
from signup.mailer.message_kind import MessageKind


def lists() -> ResponseReturnValue:
    return render_template(
        "admin/lists/lists.html",
        lists=scope.mailing_lists(),
        counts=_counts(Measure.IN_STATE),
        why=_counts(Measure.LEFT_BECAUSE),
        reasons=REASONS,
    )


def _counts(prefix: Measure) -> dict[int, dict[str, int]]:
    """By list, how many subscriptions are in each state, or how many left for each reason."""
    query = select(Tally.list_id, Tally.measure, func.sum(Tally.n)).where(
        Tally.measure.startswith(prefix), scope.only(Tally.list_id)
    )
    found: dict[int, dict[str, int]] = {}
    for list_id, measure, n in db.session.execute(query.group_by(Tally.list_id, Tally.measure)):
        found.setdefault(list_id, {})[measure.removeprefix(prefix)] = int(n)
    return found


def list_new() -> ResponseReturnValue:
    return _edit(MailingList(language=language(), country=""))


def list_edit(slug: str) -> ResponseReturnValue:
    return _edit(find_list(slug))


def _edit(mailing_list: MailingList) -> ResponseReturnValue:
    """Show the input, or save it. A slug that another list has is the database's to refuse."""
    form = ListInput(obj=mailing_list)
    title, slug, is_new = mailing_list.name, mailing_list.slug, mailing_list.id is None
    if request.method == "POST" and form.validate() and _makes_mails(form) and _save(mailing_list, form):
        flash(_("The list has been saved."))
        return redirect(url_for("admin.lists"), HTTPStatus.SEE_OTHER)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    archive = archive_address(mailing_list) if not is_new and mailing_list.archive_is_public else ""
    page = "admin/lists/list_edit.html"
    return render_template(page, form=form, title=title, slug=slug, is_new=is_new, archive=archive), status


SAFE = {"slug": "list", "name": "List", "sender_name": "Sender", "sender_address": "sender@example.org"}


def _makes_mails(form: ListInput) -> bool:
    """Whether the list's confirmation mail can be built; else the field that prevents it says so.

    The visitor would be told to look for a mail that never comes.
    """
    values = form.values()
    wrong = [name for name in SAFE if not _can_be_built(values | SAFE | {name: values[name]})]
    for name in wrong:
        form[name].errors = [_("No email can be built with this. Please write it another way.")]
    return not wrong


def _can_be_built(values: dict[str, Any]) -> bool:
    try:
        compose.try_out(MessageKind.CONFIRM, MailingList(**values))
    except ValueError:
        return False
    return True


def _save(mailing_list: MailingList, form: ListInput) -> bool:
    values = form.values()
    is_new = mailing_list.id is None
    try:
        with transaction():
            before = {} if is_new else {name: getattr(mailing_list, name) for name in values}
            for name, value in values.items():
                setattr(mailing_list, name, value)
            db.session.add(mailing_list)
            db.session.flush()
            changes = audit.change(before, values)
            audit.note(door.operator(), "list-added" if is_new else "list-changed", values["slug"], **changes)
    except IntegrityError:
        form.slug.errors = [_("Another list has this short name.")]
        return False
    return True


def count_lists() -> int:
    """For the menu: the reader's lists."""
    return db.session.scalar(select(func.count(MailingList.id)).where(scope.only(MailingList.id))) or 0
