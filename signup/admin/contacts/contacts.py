"""The contacts page: how many, chips by status, and the pages of what its filter finds."""

from typing import Any

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from signup.access import audit, scope
from signup.access.seen_contact import seen
from signup.admin.companies import company_words
from signup.admin.contacts import contact_columns, contact_filter
from signup.admin.contacts.contact_view import ContactView, views_for
from signup.admin.frame import door
from signup.admin.frame.formatting import address_for_reader, name_for_reader
from signup.admin.frame.route_subject import segments_seen
from signup.admin.segments.rule_input import draft_of, inputs_of
from signup.admin.segments.rule_words import catalogue
from signup.audience import grade
from signup.audience.match_contacts import waiting_for_index
from signup.audience.quality import Quality
from signup.audience.reach import last_reach
from signup.audience.search import Counted, FoundContacts, Search, count, find, looked_up
from signup.audience.segment import find_segment
from signup.consent.subscription import Subscription, SubscriptionState
from signup.contacts.tag import tags, tags_of
from signup.counts.tally import Measure, totals
from signup.exports.people_csv import csv_text
from signup.ground.db import db, transaction

CHIPS = (
    SubscriptionState.CONFIRMED,
    SubscriptionState.PENDING,
    SubscriptionState.UNSUBSCRIBED,
    SubscriptionState.BOUNCED,
    SubscriptionState.COMPLAINED,
)


def contacts() -> ResponseReturnValue:
    lists = scope.mailing_lists()
    search, mailing_list = contact_filter.search_from(request.args, lists)
    search = looked_up(search)
    found = _found(search)
    views = _views()
    view = next((one for one in views if str(one.uid) == request.args.get("view")), None)
    known = contact_columns.columns()
    of = mailing_list.id if mailing_list else search.lists
    counts = totals(Measure.STANDING) if of is None else totals(Measure.IN_STATE, of)
    active = contact_filter.active_filters(request.args, mailing_list)
    rule = contact_filter.rule_of(request.args, search)
    return render_template(
        "admin/contacts/contacts.html",
        lists=lists,
        mailing_list=mailing_list,
        search=search,
        found=found,
        chips=[(state, counts.get(state, 0)) for state in CHIPS if counts.get(state) or state == search.state],
        total=sum(counts.values()),
        counted=_counted(search, found, counts),
        columns=known,
        chosen=contact_columns.shown_columns(known, view),
        sortable=contact_columns.sortable(search),
        options={one.subject: dict(one.options) for one in catalogue().values() if one.options},
        views=views,
        view=view,
        kept=contact_filter.kept,
        active=active,
        as_segment=inputs_of(draft_of(rule)) if rule and door.may("contacts:edit") else [],
        segments=segments_seen(),
        counts_people=mailing_list is not None or scope.sees_everything() or len(lists) == 1,
        edits_many=scope.sees_everything(),
        tests=_tests(search),
        waiting=waiting_for_index() if search.asks_words else 0,
        is_filtered=bool(active or search.text or search.state or search.tests),
        qualities=_qualities(found),
        tags=tags() if contact_filter.shows_tags() else [],
        tagged=tags_of([one.id for one in found.rows]) if contact_filter.shows_tags() else {},
        least=contact_filter.MIN_QUALITY,
        grades=[step.grade for step in grade.scheme()],
        categories=company_words.CATEGORIES,
        zip=zip,
    )


def _views() -> list[ContactView]:
    """The operator's own views, and of the others' those that may be used here: what a view searches for may be an
    address.
    """
    me, may_use = door.operator(), scope.sees_everything()
    return [
        one
        for one in views_for(me)
        if one.operator_id == me.id or (may_use and (door.may("contacts:unmasked") or not one.query.get("q")))
    ]


def _tests(search: Search) -> int:
    """How many tests there are to be seen here: they are in no other figure of the page."""
    return count(Search(list_id=search.list_id, lists=search.lists, tests=True)).n


def _qualities(found: FoundContacts) -> dict[int, Quality]:
    ids = [contact.id for contact in found.rows]
    return {one.contact_id: one for one in db.session.scalars(select(Quality).where(Quality.contact_id.in_(ids)))}


def _found(search: Search) -> FoundContacts:
    """The page in view, each contact as far as the reader may know it."""
    found = find(search, request.args.get("page", ""), is_patient="all" in request.args)
    return found._replace(rows=seen(found.rows))


def contacts_csv() -> ResponseReturnValue:
    """The page in view as CSV, for people: what a spreadsheet would take for a formula is quoted."""
    search, _mailing_list = contact_filter.search_from(request.args, scope.mailing_lists())
    found = _found(search)
    lines: list[list[Any]] = [["address", "name", "status", "lists", "source", "signed_up", "confirmed"]]
    for contact in found.rows:
        names = "; ".join(map(_stands, found.subscriptions.get(contact.id, [])))
        cells = [
            address_for_reader(contact.address),
            name_for_reader(contact.name),
            contact.standing,
            names,
            contact.source,
            contact.created_at,
            contact.confirmed_at,
        ]
        lines.append(cells)
    with transaction():
        filtered = contact_filter.logged(request.args, search)
        audit.note(door.operator(), "contacts-listed", rows=len(found.rows), **filtered)
    headers = {"Content-Disposition": 'attachment; filename="contacts.csv"'}
    return Response(csv_text(*lines), content_type="text/csv; charset=utf-8", headers=headers)


def _stands(entry: Subscription) -> str:
    return f"{entry.list.name} ({entry.state}{', single opt-in' if entry.single_opt_in else ''})"


def _counted(search: Search, found: FoundContacts, counts: dict[str, int]) -> Counted:
    """How many the filter finds. Chips and totals are maintained counters; what nobody counts all along is counted
    now, up to a bound. A segment alone was counted by a worker not long ago.
    """
    if not (search.text or search.tests or search.also.rules or request.args.get("segment")):
        return Counted(counts.get(search.state, 0) if search.state else sum(counts.values()), is_capped=False)
    if found.newer is None and found.older is None:
        return Counted(len(found.rows), is_capped=False)
    slug = request.args.get("segment", "")
    if slug and search == Search(rule=search.rule, order=search.order):
        asked = find_segment(slug)
        if kept := last_reach(asked):
            return Counted(kept.total, is_capped=False, at=asked.counted_at)
    return Counted(len(found.rows), is_capped=True) if found.looked_at else count(search)


def count_contacts() -> int:
    """For the menu: the contacts that the reader may know of."""
    lists = scope.seen()
    return sum((totals(Measure.STANDING) if lists is None else totals(Measure.IN_STATE, lists)).values())
