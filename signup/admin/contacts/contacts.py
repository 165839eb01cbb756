"""The contacts page: chips by status, search, list filter, and the pages of what was found."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select, update

from signup.access import audit, scope
from signup.access.operator import Operator
from signup.admin.companies import company_words
from signup.admin.contacts.contact_view import KEPT, ContactView, views_for
from signup.admin.frame import door
from signup.admin.frame.formatting import address_for_reader, name_for_reader
from signup.admin.frame.route_subject import is_seen, segments_seen
from signup.admin.frame.seen_contact import seen
from signup.admin.segments.rule_words import catalogue
from signup.audience import grade
from signup.audience.match_contacts import waiting_for_index
from signup.audience.quality import Category, Quality
from signup.audience.reach import last_reach
from signup.audience.rule import EVERYONE, Condition, ConditionGroup, Rule, subject_of
from signup.audience.search import Counted, FoundContacts, Search, count, find, looked_up
from signup.audience.segment import find_segment
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import Subscription, SubscriptionState
from signup.contacts.contact import Nature
from signup.counts.tally import Measure, totals
from signup.exports.people_csv import csv_text
from signup.fields.operator import Op
from signup.ground.db import db, transaction
from signup.ground.errors import NotFound
from signup.ground.i18n import _, pgettext

CHIPS = (
    SubscriptionState.CONFIRMED,
    SubscriptionState.PENDING,
    SubscriptionState.UNSUBSCRIBED,
    SubscriptionState.BOUNCED,
    SubscriptionState.COMPLAINED,
)
MAX_TEXT = 254
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
}
OF_ALL_LISTS = {"quality", "category", "grade"}
"""Worked out from what every list was given: for who works with all of them."""
MIN_QUALITY = ("80", "60", "40")
USUAL = ("status", "lists", "source", "signed-up")


def contacts() -> ResponseReturnValue:
    lists = scope.mailing_lists()
    search, mailing_list = search_from(request.args, lists)
    search = looked_up(search)
    found = _found(search)
    me = door.operator()
    views = [one for one in views_for(me) if one.operator_id == me.id or _may_use(one)]
    view = next((one for one in views if str(one.uid) == request.args.get("view")), None)
    segment, asked_list = request.args.get("segment", ""), mailing_list and request.args.get("list")
    known = columns()
    options = {one.subject: dict(one.options) for one in catalogue().values() if one.options}
    of = mailing_list.id if mailing_list else search.lists
    counts = totals(Measure.STANDING) if of is None else totals(Measure.IN_STATE, of)
    chips = [(state, counts.get(state, 0)) for state in CHIPS if counts.get(state) or state == search.state]
    return render_template(
        "admin/contacts/contacts.html",
        lists=lists,
        mailing_list=mailing_list,
        search=search,
        found=found,
        chips=chips,
        total=sum(counts.values()),
        columns=known,
        options=options,
        chosen=shown_columns(known, view),
        views=views,
        view=view,
        kept=[(name, value) for name in KEPT if (value := request.args.get(name))],
        segments=segments_seen(),
        counts_people=mailing_list is not None or scope.sees_everything() or len(lists) == 1,
        edits_many=scope.sees_everything(),
        segment=segment,
        counted=_counted(search, found) if search.text or segment or search.also.rules or search.tests else None,
        tests=_tests(search),
        waiting=waiting_for_index() if search.asks_words else 0,
        is_filtered=bool(search.text or search.state or search.tests or asked_list or segment or search.also.rules),
        qualities=_qualities(found),
        grades=[step.grade for step in grade.scheme()],
        categories=company_words.CATEGORIES,
        zip=zip,
    )


def _may_use(view: ContactView) -> bool:
    """Whether a view that another operator shares may be used here: what it searches for may be an address."""
    return scope.sees_everything() and (door.may("contacts:unmasked") or not view.query.get("q"))


def _tests(search: Search) -> int:
    """How many tests there are to be seen here: they are in no other figure of the page."""
    return count(Search(list_id=search.list_id, lists=search.lists, tests=True)).n


def shown_columns(known: dict[str, Any], view: ContactView | None = None) -> list[str]:
    """What stands beside each contact: by the view, else as the operator chose."""
    wanted = view.columns if view else door.operator().contact_columns or USUAL
    return [name for name in known if name in wanted]


def _qualities(found: FoundContacts) -> dict[int, Quality]:
    ids = [contact.id for contact in found.rows]
    return {one.contact_id: one for one in db.session.scalars(select(Quality).where(Quality.contact_id.in_(ids)))}


def contacts_columns() -> ResponseReturnValue:
    """Remember what this operator wants to see of each contact."""
    known = columns()
    chosen = [name for name in request.form.getlist("column") if name in known]
    with transaction():
        query = update(Operator).where(Operator.id == door.operator().id)
        db.session.execute(query.values(contact_columns=chosen or None))
    return redirect(door.safe_path(request.form.get("next", url_for("admin.contacts"))), HTTPStatus.SEE_OTHER)


def columns() -> dict[str, Any]:
    """What may stand beside a contact, by name: fixed columns, and for readers of whole contacts the answers."""
    answers = {one.subject: one.label for one in catalogue().values() if subject_of(one.subject).room == "answer"}
    fixed = {name: label for name, label in COLUMNS.items() if name not in OF_ALL_LISTS or scope.sees_everything()}
    return {**fixed, **(answers if door.may("contacts:unmasked") else {})}


def _found(search: Search) -> FoundContacts:
    """The page in view, each contact as far as the reader may know it."""
    found = find(search, request.args.get("page", ""), is_patient="all" in request.args)
    return found._replace(rows=seen(found.rows))


def contacts_csv() -> ResponseReturnValue:
    """The page in view as CSV, for people: what a spreadsheet would take for a formula is quoted."""
    search, _mailing_list = search_from(request.args, scope.mailing_lists())
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
        audit.note(door.operator(), "contacts-listed", rows=len(found.rows), **_filter(search))
    headers = {"Content-Disposition": 'attachment; filename="contacts.csv"'}
    return Response(csv_text(*lines), content_type="text/csv; charset=utf-8", headers=headers)


def _stands(entry: Subscription) -> str:
    return f"{entry.list.name} ({entry.state}{', single opt-in' if entry.single_opt_in else ''})"


def search_from(asked: Mapping[str, str], lists: list[MailingList]) -> tuple[Search, MailingList | None]:
    """What a page's address, or a form that repeats it, asks for. Raises `NotFound` for a segment that is none."""
    slug, state = asked.get("list", ""), asked.get("status", "")
    segment = asked.get("segment", "")
    mailing_list = next((entry for entry in lists if entry.slug == slug), None)
    if len(lists) == 1 and not scope.sees_everything():
        mailing_list = lists[0]
    search = Search(
        text=asked.get("q", "")[:MAX_TEXT].strip(),
        list_id=mailing_list.id if mailing_list else None,
        state=state if state in set(SubscriptionState) else "",
        tests=state == Nature.TEST,
        rule=_rule(segment) if segment else EVERYONE,
        also=_also(asked),
        lists=scope.seen(),
        whole_address=not door.may("contacts:unmasked"),
        hidden=scope.hidden_keys(),
        oldest_first=asked.get("order") == "oldest",
    )
    return search, mailing_list


def _rule(segment: str) -> Rule:
    version = find_segment(segment).version
    if not is_seen(version):
        raise NotFound(f"segment {segment[:60]!r}")
    return version.rule


def _also(asked: Mapping[str, str]) -> ConditionGroup:
    """The filters by quality, category and grade, as a rule."""
    if not scope.sees_everything():
        return EVERYONE
    least, category, named = (asked.get(name, "")[:20] for name in ("quality", "category", "grade"))
    rules = []
    if least in MIN_QUALITY:
        rules.append(Condition(subject="quality", op=Op.AT_LEAST, value=least))
    if category in set(Category):
        rules.append(Condition(subject="category", op=Op.ANY_OF, values=(category,)))
    if named:
        rules.append(Condition(subject="grade", op=Op.ANY_OF, values=(named,)))
    return ConditionGroup(rules=tuple(rules))


def _filter(search: Search) -> dict[str, Any]:
    """The filter for the log: what may be told of it, the text may be somebody's address."""
    return {
        "list": search.list_id,
        "status": Nature.TEST.value if search.tests else search.state,
        "segment": request.args.get("segment", "")[:60],
        **_narrowed(),
    }


def _narrowed() -> dict[str, str]:
    return {name: request.args[name][:20] for name in ("quality", "category", "grade") if request.args.get(name)}


def _counted(search: Search, found: FoundContacts) -> Counted:
    """Chips and totals are maintained counters; what nobody counts all along is counted now, up to a bound.

    A segment alone was counted by a worker not long ago.
    """
    if found.newer is None and found.older is None:
        return Counted(len(found.rows), is_capped=False)
    slug = request.args.get("segment", "")
    if slug and search == Search(rule=search.rule, oldest_first=search.oldest_first):
        asked = find_segment(slug)
        if kept := last_reach(asked):
            return Counted(kept.total, is_capped=False, at=asked.counted_at)
    return Counted(len(found.rows), is_capped=True) if found.looked_at else count(search)


def count_contacts() -> int:
    """For the menu: the contacts that the reader may know of."""
    lists = scope.seen()
    return sum((totals(Measure.STANDING) if lists is None else totals(Measure.IN_STATE, lists)).values())
