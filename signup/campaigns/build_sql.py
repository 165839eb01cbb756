"""One statement that writes the messages of many recipients: their values are put together by the database."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, String, Text, Uuid, cast, func, literal, select, type_coerce
from sqlalchemy.orm import Mapped

from signup.campaigns.campaign import Campaign
from signup.campaigns.recipients import ENTRY, is_meant, may_get
from signup.consent.trackable import may_be_tracked
from signup.consent.tracking import TrackingPurpose
from signup.contacts.contact import Contact
from signup.fields import value_sql
from signup.ground.db import db, is_postgresql, upsert
from signup.ground.dialect import Json, now
from signup.mailer.message import Message, MessageState
from signup.mailer.message_kind import MessageKind

BATCH = 10_000
YES = {"true", 1, "1"}
"""How a truth in a document reads on either engine."""


def last_of_batch(campaign: Campaign) -> int | None:
    """The last subscription of the next batch; None: there is none."""
    confirmed = (ENTRY.list_id == campaign.list_id, ENTRY.state == "confirmed")
    ids = select(ENTRY.id).where(*confirmed, ENTRY.id > campaign.at_id, ENTRY.id <= campaign.last_id)
    batch = ids.order_by(ENTRY.id).limit(BATCH).subquery()
    found: int | None = db.session.scalar(select(func.max(batch.c.id)))
    return found


class Written(NamedTuple):
    """How many messages are new, and to how many people who agreed that openings or clicks are recorded."""

    messages: int
    opens: int
    clicks: int


def write_messages(campaign: Campaign, until: int, fields: Collection[str]) -> Written:
    """Write a message for each recipient up to the subscription `until`."""
    rows = _rows(campaign, until, fields)
    insert = upsert(Message).from_select(list(rows.selected_columns.keys()), rows, include_defaults=False)
    insert = insert.on_conflict_do_nothing(index_elements=["dedupe_key"])
    told = (value_sql.text_of(purpose, Message.data) for purpose in ("opens", "clicks"))
    done = db.session.execute(insert.returning(*told)).all()
    return Written(len(done), *(sum(row[place] in YES for row in done) for place in (0, 1)))


def _rows(campaign: Campaign, until: int, fields: Collection[str]) -> Select[Any]:
    state = MessageState.HELD if campaign.per_hour else MessageState.READY
    values: dict[str, Any] = {
        "uid": _new_uid(),
        "kind": literal(MessageKind.CAMPAIGN.value),
        "priority": literal(int(MessageKind.CAMPAIGN.rules.priority)),
        "state": literal(state.value),
        "recipient": Contact.address,
        "recipient_hash": Contact.address_hash,
        "template_hash": literal(campaign.template_hash),
        "data": _data(fields),
        "dedupe_key": literal(f"campaign:{campaign.id}:") + cast(ENTRY.id, String),
        "contact_id": ENTRY.contact_id,
        "list_id": ENTRY.list_id,
        "subscription_id": ENTRY.id,
        "campaign_id": literal(campaign.id),
        "created_at": now(),
        "not_before": now(),
        "attempt": literal(0),
        "crashes": literal(0),
    }
    query = select(*(value.label(name) for name, value in values.items()))
    query = query.select_from(ENTRY).join(Contact, Contact.id == ENTRY.contact_id)
    mine = (ENTRY.list_id == campaign.list_id, ENTRY.id > campaign.at_id, ENTRY.id <= until)
    return query.where(*mine, may_get(), is_meant(campaign))


def _new_uid() -> ColumnElement[Any]:
    new = func.gen_random_uuid() if is_postgresql() else func.lower(func.hex(func.randomblob(16)))
    return type_coerce(new, Uuid())


def _data(fields: Collection[str]) -> ColumnElement[Any]:
    """What a letter is filled with, as `compose_letter` reads it."""
    known = {key: value_sql.text_of(key, ENTRY.given) for key in sorted(fields)}
    return _object(
        values=_object(**known),
        subscription=_hex(ENTRY.uid),
        contact=_hex(Contact.uid),
        since=_day(ENTRY.confirmed_at),
        opens=_truth(may_be_tracked(TrackingPurpose.OPENS, ENTRY)),
        clicks=_truth(may_be_tracked(TrackingPurpose.CLICKS, ENTRY)),
    )


def _object(**values: Any) -> ColumnElement[Any]:
    pairs = [part for name, value in values.items() for part in (literal(name, Text()), value)]
    make = func.jsonb_build_object if is_postgresql() else func.json_object
    return make(*pairs, type_=Json())


def _hex(uid: Mapped[Any] | Any) -> ColumnElement[str]:
    """As `UUID.hex`; SQLite stores it so."""
    return func.replace(cast(uid, Text()), "-", "") if is_postgresql() else type_coerce(uid, String())


def _day(moment: Any) -> ColumnElement[str]:
    if is_postgresql():
        return func.to_char(func.timezone("UTC", moment), "YYYY-MM-DD")
    return func.substr(type_coerce(moment, String()), 1, 10)


def _truth(condition: ColumnElement[bool]) -> Any:
    """A truth as JSON: SQLite knows numbers only."""
    if is_postgresql():
        return condition
    return func.json(func.iif(condition, "true", "false"))
