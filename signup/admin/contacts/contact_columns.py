"""The columns of the contacts page: which there are, which an operator wants to see, and by which one may sort."""

from http import HTTPStatus
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import update

from signup.access import scope
from signup.access.operator import Operator
from signup.admin.contacts.contact_filter import shows_tags
from signup.admin.contacts.contact_view import ContactView
from signup.admin.frame import door
from signup.admin.segments.rule_words import catalogue
from signup.audience.contact_order import ContactOrder, sortable_columns
from signup.audience.rule import subject_of
from signup.audience.search import Search
from signup.ground.db import db, transaction
from signup.ground.i18n import _, pgettext

COLUMNS: dict[str, Any] = {
    "status": _("Status"),
    "lists": _("Lists"),
    "source": _("Source"),
    "language": _("Language"),
    "signed-up": pgettext("date", "Signed up"),
    "confirmed": pgettext("date", "Confirmed"),
    "quality": _("Quality"),
    "category": _("Category"),
    "grade": _("Grade"),
    "tags": _("Tags"),
}
OF_ALL_LISTS = {"quality", "category", "grade", "tags"}
"""Worked out from what every list was given: for who works with all of them."""
USUAL = ("status", "lists", "source", "signed-up")
BY_COLUMN = {
    "name": (ContactOrder.NAME, ContactOrder.NAME_DOWN),
    "status": (ContactOrder.STATUS, ContactOrder.STATUS_DOWN),
    "signed-up": (ContactOrder.NEWEST, ContactOrder.OLDEST),
}
"""For each column by which one may sort, the order that its head asks for first, and the other one."""


def columns() -> dict[str, Any]:
    """What may stand beside a contact, by name: fixed columns, and for readers of whole contacts the answers."""
    answers = {one.subject: one.label for one in catalogue().values() if subject_of(one.subject).room == "answer"}
    fixed = {name: label for name, label in COLUMNS.items() if name not in OF_ALL_LISTS or scope.sees_everything()}
    if not shows_tags():
        fixed.pop("tags", None)
    return {**fixed, **(answers if door.may("contacts:unmasked") else {})}


def shown_columns(known: dict[str, Any], view: ContactView | None = None) -> list[str]:
    """What stands beside each contact: by the view, else as the operator chose."""
    wanted = view.columns if view else door.operator().contact_columns or USUAL
    return [name for name in known if name in wanted]


def sortable(search: Search) -> dict[str, ContactOrder]:
    """By column, the order that its head leads to."""
    names = sortable_columns(search.list_id, knows_all=search.lists is None)
    if search.matches and not search.matches.is_complete:  # of words that very many hold, these come as stored
        names = frozenset()
    return {name: both[1] if search.order == both[0] else both[0] for name, both in BY_COLUMN.items() if name in names}


def contacts_columns() -> ResponseReturnValue:
    """Remember what this operator wants to see of each contact."""
    known = columns()
    chosen = [name for name in request.form.getlist("column") if name in known]
    with transaction():
        query = update(Operator).where(Operator.id == door.operator().id)
        db.session.execute(query.values(contact_columns=chosen or None))
    return redirect(door.safe_path(request.form.get("next", url_for("admin.contacts"))), HTTPStatus.SEE_OTHER)
