"""What the entries of the audit trail are about, by name: the trail itself holds ids alone, which outlive names."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from flask import url_for
from flask_babel import ngettext
from sqlalchemy import select

from signup.access import scope
from signup.access.audit import AuditEntry
from signup.access.operator import Operator
from signup.admin.frame.formatting import address_for_reader, name_for_reader, number
from signup.audience.segment import Segment
from signup.bulk.bulk_edit import BulkEdit
from signup.companies.company import Company
from signup.consent.mailing_list import MailingList
from signup.contacts.contact import Contact
from signup.contacts.tag import Tag
from signup.files.import_run import ImportRun
from signup.forms.form import Form
from signup.ground.db import db
from signup.incentives.incentive import Incentive
from signup.kiosks.kiosk import Kiosk


class AuditSubject(NamedTuple):
    """What an entry is about: its name, and its page where it has one."""

    name: str
    href: str = ""


Named = dict[str, AuditSubject]


def subjects_of(entries: Sequence[AuditEntry]) -> dict[int, AuditSubject]:
    """By an entry's id, what it is about. What has gone since, or is no id of ours, is not among them."""
    uids = {entry.id: uid for entry in entries if (uid := _as_uid(entry.object))}
    by_uid = _by_uid([*uids.values()]) if uids else {}
    found = {id_: by_uid[str(uid)] for id_, uid in uids.items() if str(uid) in by_uid}
    for prefix, look in BY_NAME.items():
        named = {entry.id: entry.object for entry in entries if entry.action.startswith(prefix) and entry.object}
        known = look({*named.values()}) if named else {}
        found |= {id_: known[text] for id_, text in named.items() if text in known}
    return found


def _as_uid(text: str) -> UUID | None:
    try:
        return UUID(text) if "-" in text else None
    except ValueError:
        return None


def _by_uid(uids: list[UUID]) -> Named:
    """Who works with some lists may have acted on what they no longer see: for them it keeps its id."""
    if not scope.sees_everything():
        return {}
    found: Named = {}
    for one in db.session.scalars(select(Contact).where(Contact.uid.in_(uids))):
        name = name_for_reader(one.name) or address_for_reader(one.address)
        found[str(one.uid)] = AuditSubject(name, url_for("admin.contact", uid=one.uid))
    for table, name_of, endpoint in UID_TABLES:
        for row in db.session.scalars(select(table).where(table.uid.in_(uids))):
            found[str(row.uid)] = AuditSubject(name_of(row), url_for(endpoint, uid=row.uid) if endpoint else "")
    return found


UID_TABLES: tuple[tuple[Any, Callable[[Any], str], str], ...] = (
    (ImportRun, lambda run: run.file_name, "admin.import_show"),
    (
        BulkEdit,
        lambda run: ngettext("%(people)s person", "%(people)s people", run.total, people=number(run.total)),
        "admin.bulk_show",
    ),
    (Company, lambda company: company.name, "admin.company"),
    (Incentive, lambda incentive: incentive.name, ""),
    (Kiosk, lambda kiosk: kiosk.name, ""),
    (Operator, lambda operator: operator.name or operator.address, ""),
)


def _forms(ids: set[str]) -> Named:
    query = select(Form).where(Form.public_id.in_(ids), scope.only(Form.list_id))
    return {
        one.public_id: AuditSubject(one.name, url_for("admin.form_edit", public_id=one.public_id))
        for one in db.session.scalars(query)
    }


def _lists(slugs: set[str]) -> Named:
    query = select(MailingList).where(MailingList.slug.in_(slugs), scope.only(MailingList.id))
    return {
        one.slug: AuditSubject(one.name, url_for("admin.list_edit", slug=one.slug)) for one in db.session.scalars(query)
    }


def _segments(slugs: set[str]) -> Named:
    if not scope.sees_everything():
        return {}
    query = select(Segment).where(Segment.slug.in_(slugs))
    return {
        one.slug: AuditSubject(one.name, url_for("admin.segment", slug=one.slug)) for one in db.session.scalars(query)
    }


def _tags(ids: set[str]) -> Named:
    if not scope.sees_everything():
        return {}
    query = select(Tag).where(Tag.id.in_(int(text) for text in ids if text.isdecimal()))
    return {str(one.id): AuditSubject(one.name, url_for("admin.tags")) for one in db.session.scalars(query)}


BY_NAME: dict[str, Callable[[set[str]], Named]] = {
    "form-": _forms,
    "opt-in-changed": _forms,
    "test-mail-sent": _forms,
    "list-": _lists,
    "segment-": _segments,
    "tag": _tags,
}
"""By the beginning of an action, how its objects are found: a short name may be a list's and a segment's."""
