"""Many contacts at once: what to change, and a look at what that does. The work is in `bulk_work`."""

from collections import Counter
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from signup.access import audit
from signup.admin.contacts.bulk_words import BULK_ACTIONS
from signup.admin.contacts.contact_filter import search_from
from signup.admin.contacts.contact_view import KEPT
from signup.admin.contacts.editable_field import KnownField, called, known_fields
from signup.admin.frame import door
from signup.audience.search import CAP
from signup.bulk import bulk_edit, bulk_work
from signup.bulk.bulk_edit import OF_TAGS, Action, BulkEdit
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import Subscription, SubscriptionState
from signup.contacts.contact import Contact
from signup.contacts.tag import MAX_TAGS, find_or_add, named, read_name, tags, tags_of
from signup.contacts.value_change import LANGUAGE, NAME
from signup.ground.broker import ring
from signup.ground.db import db, transaction
from signup.ground.query_planning import plan_for_once

SAMPLE = 200
EXAMPLES = 5
MAX_TICKED = 500


class BulkPreview(NamedTuple):
    """What a bulk edit does: to how many, and how it looks for the newest of them."""

    total: int
    is_capped: bool
    looked: int
    changed: int
    examples: list[tuple[Contact, str, str]]


def bulk() -> ResponseReturnValue:
    """From the contacts page: choose, look, and with `do=apply` begin."""
    selection = chosen()
    asked = {name: request.form.get(name, "") for name in ("action", "field", "value", "on", "tag")}
    fields = {field: known for field, known in known_fields().items() if field != NAME}
    lists = list(db.session.scalars(select(MailingList).order_by(MailingList.name)))
    preview, problem = None, ""
    try:
        run = _asked(selection, asked, fields, lists)
        if request.form.get("do") == "apply":
            return begin(run)
        preview = _preview(run, called(run.field, fields))
    except ValueError as error:
        problem = str(error)
    total, is_capped = (preview.total, preview.is_capped) if preview else _count(selection)
    page = render_template(
        "admin/contacts/bulk.html",
        selection=selection,
        kept=[(name, value) for name in KEPT if (value := request.form.get(name))],
        uids=[] if request.form.get("all") else request.form.getlist("uid")[:MAX_TICKED],
        asked=asked,
        fields=fields,
        lists=lists,
        tags=tags(),
        problem=problem if request.form.get("do") else "",
        preview=preview,
        total=total,
        is_capped=is_capped,
        known=fields.get(asked["field"]),
        actions=[action for action in Action if action != Action.ERASE],
        action_words=BULK_ACTIONS,
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if problem and request.form.get("do") == "apply" else HTTPStatus.OK


def chosen() -> dict[str, Any]:
    """Whom the contacts page meant: the ticked rows, or everybody it finds."""
    if request.form.get("all"):
        lists = list(db.session.scalars(select(MailingList)))
        return bulk_edit.selection_of(search_from(request.form, lists)[0])
    uids = []
    for text in request.form.getlist("uid")[:MAX_TICKED]:
        try:
            uids.append(UUID(text))
        except ValueError:
            continue
    ids = list(db.session.scalars(select(Contact.id).where(Contact.uid.in_(uids)))) if uids else []
    return {"ids": sorted(ids)}


def _asked(
    selection: dict[str, Any], asked: dict[str, str], fields: dict[str, KnownField], lists: list[MailingList]
) -> BulkEdit:
    """The run that was asked for, not yet written down. Raises `ValueError` with what is missing, in words."""
    if selection.get("ids") == []:
        raise ValueError(_("Tick at least one contact."))
    if asked["action"] not in set(Action) - {Action.ERASE}:  # which has a page of its own
        raise ValueError(_("Choose an action."))
    operator = door.operator()
    run = BulkEdit(action=asked["action"], selection=selection, actor=operator.address, operator_id=operator.id)
    if run.action == Action.UNSUBSCRIBE:
        chosen = next((one for one in lists if one.slug == asked["on"]), None)
        run.field, run.value = "", {"list_id": chosen.id} if chosen else {}
        return run
    if run.action in OF_TAGS:
        run.field, run.value = "", _tag(asked["tag"], is_new=run.action == Action.TAG)
        return run
    known = fields.get(asked["field"])
    if known is None:
        raise ValueError(_("Choose a field to change."))
    run.field, run.value = known.field, _value(run.action, known, asked["value"])
    return run


def _tag(typed: str, *, is_new: bool) -> dict[str, Any]:
    """The tag that was typed. One that nobody has yet is made when the change begins."""
    name = read_name(typed)
    found = named(name) if name else None
    if found is None and (not name or not is_new or len(tags()) >= MAX_TAGS):
        raise ValueError(_("Enter a tag.") if is_new else _("Enter a tag that exists."))
    return {"to": found.id, "name": found.name} if found else {"to": None, "name": name}


def _value(action: str, known: KnownField, typed: str) -> dict[str, Any]:
    is_choice, is_multi = action in {Action.ADD, Action.REMOVE}, known.kind.takes_several
    if is_choice and not is_multi:
        raise ValueError(_("You can only add or remove choices in fields with several choices."))
    if action == Action.CLEAR:
        if known.field == LANGUAGE:
            raise ValueError(_("Every contact must have a language."))
        return {}
    to = known.read([typed] if is_multi and typed else typed)
    if to is None:
        raise ValueError(_("Enter the value."))
    return {"to": to[0] if is_choice else to}


def _count(selection: dict[str, Any]) -> tuple[int, bool]:
    plan_for_once()
    met = bulk_edit.selected(selection).limit(CAP + 1).subquery()
    n = db.session.scalar(select(func.count()).select_from(met)) or 0
    return min(n, CAP), n > CAP


def _preview(run: BulkEdit, known: KnownField) -> BulkPreview:
    total, is_capped = _count(run.selection)
    newest = bulk_edit.selected(run.selection).order_by(Contact.id.desc()).limit(SAMPLE)
    ids = list(db.session.scalars(newest))
    people = list(db.session.scalars(select(Contact).where(Contact.id.in_(ids)).order_by(Contact.id.desc())))
    examples: list[tuple[Contact, str, str]] = []
    if run.action == Action.UNSUBSCRIBE:
        running = _running(run, ids)
        examples = [(one, _("gets emails"), _("unsubscribed")) for one in people if running[one.id]]
    elif run.action in OF_TAGS:
        examples = _tag_examples(run, people)
    else:
        for one in people:
            value = one.values.get(run.field)
            if (after := run.changed_to(value)) != value:
                examples.append((one, known.shown(value), known.shown(after)))
    return BulkPreview(total, is_capped, len(people), len(examples), examples[:EXAMPLES])


def _tag_examples(run: BulkEdit, people: list[Contact]) -> list[tuple[Contact, str, str]]:
    name, tagged = run.value["name"], tags_of([one.id for one in people])
    found = []
    for one in people:
        had = [tag.name for tag in tagged.get(one.id, [])]
        if (name in had) != (run.action == Action.TAG):
            has = [*had, name] if run.action == Action.TAG else [other for other in had if other != name]
            found.append((one, ", ".join(had) or "–", ", ".join(has) or "–"))
    return found


def _running(run: BulkEdit, ids: list[int]) -> Counter[int]:
    query = select(Subscription.contact_id).where(Subscription.contact_id.in_(ids))
    query = query.where(Subscription.state.in_((SubscriptionState.CONFIRMED, SubscriptionState.PENDING)))
    if list_id := run.value.get("list_id"):
        query = query.where(Subscription.list_id == list_id)
    return Counter(db.session.scalars(query))


def begin(run: BulkEdit, action: str = "bulk-started") -> ResponseReturnValue:
    """Start a bulk edit, with `action` in the audit trail, and go to its page."""
    with transaction():
        if run.action == Action.TAG:
            run.value = {"to": find_or_add(run.value["name"]).id}
        bulk_edit.begin(run)
        filtered = sorted(name for name in KEPT if request.form.get(name)) if "ids" not in run.selection else []
        detail = {"do": run.action, "field": run.field, "people": run.total, "filter": filtered}
        audit.note(door.operator(), action, str(run.uid), **detail)
    if run.total <= bulk_work.AT_ONCE:
        bulk_work.run_now(run.id)
    else:
        ring(bulk_work.ACTOR, run.id)
    return redirect(url_for("admin.bulk_show", uid=run.uid), HTTPStatus.SEE_OTHER)
