"""The contacts page: chips by status, search, list filter, and the pages of what was found."""

import csv
from http import HTTPStatus
from io import StringIO
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select, update

from signup.activity.tally import Measure, totals
from signup.admin import audit, guard
from signup.admin.operator import Operator
from signup.admin.rule_words import catalogue
from signup.audience.rule import EVERYONE, subject_of
from signup.audience.search import CAP, Found, Search, count, find
from signup.audience.segment import find_segment, segments
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import State, Subscription
from signup.db import db, transaction
from signup.i18n import _, pgettext

CHIPS = (State.CONFIRMED, State.PENDING, State.UNSUBSCRIBED, State.BOUNCED, State.COMPLAINED)
MAX_TEXT = 254
COLUMNS: dict[str, Any] = {
    "status": _("Status"),
    "lists": _("Lists"),
    "source": _("Source"),
    "language": _("Language"),
    "signed-up": pgettext("date", "Signed up"),
    "confirmed": pgettext("date", "Confirmed"),
}
USUAL = ("status", "lists", "source", "signed-up")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def contacts() -> ResponseReturnValue:
    lists = list(db.session.scalars(select(MailingList).order_by(MailingList.name)))
    search, mailing_list = _asked(lists)
    found = find(search, request.args.get("page", ""))
    segment = request.args.get("segment", "")
    known = columns()
    options = {one.subject: dict(one.options) for one in catalogue().values() if one.options}
    counts = totals(Measure.STANDING) if mailing_list is None else totals(Measure.IN_STATE, mailing_list.id)
    chips = [(state, counts.get(state, 0)) for state in CHIPS if counts.get(state) or state == search.state]
    return render_template(
        "admin/contacts.html",
        lists=lists,
        mailing_list=mailing_list,
        search=search,
        found=found,
        chips=chips,
        total=sum(counts.values()),
        columns=known,
        options=options,
        chosen=[name for name in known if name in (guard.operator().contact_columns or USUAL)],
        segments=segments(),
        segment=segment,
        found_count=_counted(search, found) if search.text or segment else None,
        cap=CAP,
        is_filtered=bool(search.text or search.state or mailing_list or segment),
    )


def contacts_columns() -> ResponseReturnValue:
    """Remember what this operator wants to see of each contact."""
    known = columns()
    chosen = [name for name in request.form.getlist("column") if name in known]
    with transaction():
        query = update(Operator).where(Operator.id == guard.operator().id)
        db.session.execute(query.values(contact_columns=chosen or None))
    return redirect(guard.safe_path(request.form.get("next", url_for("admin.contacts"))), HTTPStatus.SEE_OTHER)


def columns() -> dict[str, Any]:
    """What may stand beside a contact, by name: fixed columns, and for readers of whole contacts the answers."""
    answers = {one.subject: one.label for one in catalogue().values() if subject_of(one.subject).room == "answer"}
    return {**COLUMNS, **(answers if guard.may("contacts:unmasked") else {})}


def contacts_csv() -> ResponseReturnValue:
    """The page in view as CSV, for people: what a spreadsheet would take for a formula is quoted."""
    lists = list(db.session.scalars(select(MailingList)))
    search, _mailing_list = _asked(lists)
    found = find(search, request.args.get("page", ""))
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["address", "name", "status", "lists", "source", "signed_up", "confirmed"])
    for contact in found.rows:
        names = "; ".join(map(_stands, found.subscriptions.get(contact.id, [])))
        cells = [
            contact.address,
            contact.name,
            contact.standing,
            names,
            contact.source,
            contact.created_at,
            contact.confirmed_at or "",
        ]
        writer.writerow([safe(str(cell)) for cell in cells])
    with transaction():
        audit.note(guard.operator(), "contacts-listed", rows=len(found.rows), **_filter(search))
    headers = {"Content-Disposition": 'attachment; filename="contacts.csv"'}
    return Response(text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _stands(entry: Subscription) -> str:
    return f"{entry.list.name} ({entry.state}{', single opt-in' if entry.single_opt_in else ''})"


def _asked(lists: list[MailingList]) -> tuple[Search, MailingList | None]:
    slug, state = request.args.get("list", ""), request.args.get("status", "")
    segment = request.args.get("segment", "")
    mailing_list = next((entry for entry in lists if entry.slug == slug), None)
    search = Search(
        text=request.args.get("q", "")[:MAX_TEXT].strip(),
        list_id=mailing_list.id if mailing_list else None,
        state=state if state in set(State) else "",
        rule=find_segment(segment).version.rule if segment else EVERYONE,
        whole_address=not guard.may("contacts:unmasked"),
    )
    return search, mailing_list


def _filter(search: Search) -> dict[str, Any]:
    """The filter for the log: what may be told of it, the text may be somebody's address."""
    return {"list": search.list_id, "status": search.state, "segment": request.args.get("segment", "")[:60]}


def _counted(search: Search, found: Found) -> int:
    """Chips and totals are maintained counters; what nobody counts all along is counted now, up to a bound."""
    is_all = found.newer is None and found.older is None
    return len(found.rows) if is_all else count(search)


def safe(text: str) -> str:
    """`text` as a cell that no spreadsheet calculates."""
    return f"'{text}" if text.startswith(FORMULA) else text
