"""The contacts page: chips by status, search, list filter, and the pages of what was found."""

import csv
from io import StringIO

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from signup.activity.tally import Measure, totals
from signup.admin import audit, guard
from signup.audience.search import Search, find
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import State
from signup.db import db, transaction

CHIPS = (State.CONFIRMED, State.PENDING, State.UNSUBSCRIBED, State.BOUNCED, State.COMPLAINED)
MAX_TEXT = 254
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def contacts() -> ResponseReturnValue:
    lists = list(db.session.scalars(select(MailingList).order_by(MailingList.name)))
    search, mailing_list = _asked(lists)
    found = find(search, request.args.get("page", ""))
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
        is_filtered=bool(search.text or search.state or mailing_list),
    )


def contacts_csv() -> ResponseReturnValue:
    """The page in view as CSV, for people: what a spreadsheet would take for a formula is quoted."""
    lists = list(db.session.scalars(select(MailingList)))
    search, _mailing_list = _asked(lists)
    found = find(search, request.args.get("page", ""))
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["address", "name", "status", "lists", "source", "signed_up", "confirmed"])
    for contact in found.rows:
        names = "; ".join(f"{entry.list.name} ({entry.state})" for entry in found.subscriptions.get(contact.id, []))
        cells = [
            contact.address,
            contact.name,
            contact.standing,
            names,
            contact.source,
            contact.created_at,
            contact.confirmed_at or "",
        ]
        writer.writerow([_safe(str(cell)) for cell in cells])
    with transaction():
        audit.note(guard.operator(), "contacts-listed", rows=len(found.rows), list=search.list_id, status=search.state)
    headers = {"Content-Disposition": 'attachment; filename="contacts.csv"'}
    return Response(text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _asked(lists: list[MailingList]) -> tuple[Search, MailingList | None]:
    slug, state = request.args.get("list", ""), request.args.get("status", "")
    mailing_list = next((entry for entry in lists if entry.slug == slug), None)
    search = Search(
        text=request.args.get("q", "")[:MAX_TEXT].strip(),
        list_id=mailing_list.id if mailing_list else None,
        state=state if state in set(State) else "",
        whole_address=not guard.may("contacts:unmasked"),
    )
    return search, mailing_list


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
