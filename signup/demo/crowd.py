"""Adds the made-up people to the database, with their proof and counts, and removes all of it.

They are born as `Nature.DEMO`: they count like anybody, and only therefore may their proof be deleted one day.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import func, insert, select

from signup.addresses.address import parse
from signup.addresses.mailbox_provider import provider_key
from signup.audience.scoring_round import drop_empty_companies
from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.consent.subscription import Subscription, SubscriptionState
from signup.contacts.contact import UNREAL, Contact, Nature, hash_of, name_from
from signup.contacts.value_change import LANGUAGE, NAME
from signup.counts.event import Event, EventKind
from signup.demo.demo_counts import LOST, count
from signup.demo.made_up_people import MadeUpPerson, people
from signup.fields import field_figure
from signup.fields.field import FieldState, define, fields
from signup.fields.field_preset import PRESETS, values_of
from signup.fields.kinds.text import Text
from signup.forms.form import Definition, Form
from signup.ground.db import db, transaction
from signup.ground.tokens import CONFIRM_TTL, DOWNLOAD_TTL
from signup.privacy.delete_test_contacts import forget
from signup.signups.check_submission import handle_of
from signup.signups.signup import Signup, SignupState

BATCH = 500
FIELDS = ("first_name", "last_name", "company", "function", "headcount", "phone", "postal_code", "city", "country")
SITE = "https://www.example.org"
AGENT = "Mozilla/5.0 (demonstration)"


def real_contacts() -> int:
    """How many people are here that nobody made up, tests aside."""
    return db.session.scalar(select(func.count(Contact.id)).where(Contact.nature == Nature.REAL)) or 0


def size() -> int:
    """How many of the demonstration there are."""
    query = select(func.count(Contact.id)).where(UNREAL, Contact.nature == Nature.DEMO)
    return db.session.scalar(query) or 0


def gather(form: Form, number: int, seed: int, until: datetime) -> Iterator[int]:
    """Add so many people to the form's list, in small transactions; yields how many are there, batch by batch."""
    with transaction():
        known = {one.key for one in fields(*FieldState)}
        for key in FIELDS:
            if key not in known:
                preset = values_of(key, form.version.definition.language)
                reason = PRESETS[key].reason if preset["kind"] == Text.name else ""
                define(**preset, reason=reason)
    done = 0
    crowd = islice(people(seed, until), number)
    while some := list(islice(crowd, BATCH)):
        with transaction():
            ids = _store(form, some)
            count(ids, 1)
        done += len(some)
        yield done
    field_figure.measure()


def remove() -> Iterator[int]:
    """Take them all away with their rows, proof and counts; yields how many are gone, batch by batch."""
    done = 0
    first = select(Contact.id).where(UNREAL, Contact.nature == Nature.DEMO).order_by(Contact.id).limit(BATCH)
    while True:
        with transaction():
            ids = list(db.session.scalars(first.with_for_update()))
            count(ids, -1)
            done += forget(ids)
            if len(ids) < BATCH:
                drop_empty_companies()
        yield done
        if len(ids) < BATCH:
            field_figure.measure()
            return


def _store(form: Form, some: Sequence[MadeUpPerson]) -> list[int]:
    definition = form.version.definition
    for one in some:
        one.language = one.language if one.language in definition.languages else definition.language
        one.answers |= _options(definition, one)
    ids = _insert(Contact, [_contact(form, one) for one in some])
    entries = _insert(Subscription, [_subscription(form, one, id_) for one, id_ in zip(some, ids, strict=True)])
    rows = zip(some, ids, entries, strict=True)
    signups = _insert(Signup, [_signup(form, one, id_, entry) for one, id_, entry in rows])
    told = list(zip(some, ids, signups, strict=True))
    _write(ConsentEvent, [row for one in told for row in _proof(form, *one)])
    _write(Event, [row for one, id_, _signup_id in told for row in _events(form, one, id_)])
    return ids


def _insert(table: Any, rows: list[dict[str, Any]]) -> list[int]:
    """Write the rows and say their ids in the same order; asked for one by one, each row would be a statement."""
    _write(table, rows)
    known = select(table.uid, table.id).where(table.uid.in_([row["uid"] for row in rows]))
    ids: dict[Any, int] = dict(db.session.execute(known).all())
    return [ids[row["uid"]] for row in rows]


def _write(table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:  # with its NULLs written out: else every other combination of them is a statement of its own
        db.session.execute(insert(table), rows, execution_options={"render_nulls": True})


def _contact(form: Form, one: MadeUpPerson) -> dict[str, Any]:
    name, key = name_from(one.answers), one.address.lower()
    return {
        "uid": one.uids[0],
        "address": one.address,
        "address_key": key,
        "address_hash": hash_of(key),
        "name": name,
        "name_key": name.lower(),
        "language": one.language,
        "answers": one.answers if one.times.confirmed else {},
        "standing": one.state.value,
        "source": f"{form.name} · {one.placement}"[:120] if one.placement else form.name,
        "created_at": one.times.asked,
        "confirmed_at": one.times.confirmed,
        "nature": Nature.DEMO,
    }


def _options(definition: Definition, one: MadeUpPerson) -> dict[str, Any]:
    """An option of each question of the form that has options."""
    said: dict[str, Any] = {}
    for place, question in enumerate(definition.fields):
        if (options := question.shown_options) and question.key not in one.answers:
            option = options[one.uids[0].int // (place + 1) % len(options)].value
            said[question.key] = [option] if question.kind.takes_several else option
    return said


def _subscription(form: Form, one: MadeUpPerson, contact_id: int) -> dict[str, Any]:
    times = one.times
    return {
        "uid": one.uids[1],
        "contact_id": contact_id,
        "list_id": form.list_id,
        "state": one.state.value,
        "state_at": times.ended or times.confirmed or times.asked,
        "created_at": times.asked,
        "confirmed_at": times.confirmed,
        "ended_at": times.ended,
        "single_opt_in": False,
        "given": one.answers | {NAME: name_from(one.answers), LANGUAGE: one.language} if times.confirmed else {},
    }


def _signup(form: Form, one: MadeUpPerson, contact_id: int, subscription_id: int) -> dict[str, Any]:
    times, address = one.times, parse(one.address)
    return {
        "uid": one.uids[2],
        "form_id": form.id,
        "form_version_id": form.version.id,
        "list_id": form.list_id,
        "contact_id": contact_id,
        "subscription_id": subscription_id,
        "handle": handle_of(form.list_id, address).hex,
        "state": SignupState.CONFIRMED if times.confirmed else SignupState.PENDING,
        "language": one.language,
        "answers": one.answers,
        "source": {"page": f"{SITE}/{one.placement}", LOST: one.lost}
        | ({"placement": one.placement} if one.placement else {}),
        "site": SITE,
        "placement": one.placement,
        "provider": provider_key(address.domain),
        "ip": one.ip,
        "agent": AGENT,
        "expires_at": times.asked + CONFIRM_TTL,
        "created_at": times.asked,
        "viewed_at": times.viewed,
        "trial": one.trial,
        "reminded": 1 if one.trial == "reminded" else 0,
        "confirmed_at": times.confirmed,
        "downloads": 1 if times.taken else 0,
        "download_until": times.confirmed + DOWNLOAD_TTL if times.confirmed else None,
    }


def _proof(form: Form, one: MadeUpPerson, contact_id: int, signup_id: int) -> Iterator[dict[str, Any]]:
    """The same columns for each event, so that one statement writes them all."""
    times = one.times
    same = {"contact_id": contact_id, "list_id": form.list_id, "locale": one.language, "signup_id": signup_id}
    same |= {"form_version_id": form.version.id, "wording_hash": form.version.wording_hash}
    visit = {"controller": form.list.controller, "address": one.address, "ip": one.ip, "agent": AGENT}
    no_visit = {"controller": "", "address": None, "ip": None, "agent": None}
    told: list[tuple[ConsentType, datetime | None, str, dict[str, Any], Any]] = [
        (ConsentType.REQUESTED, times.asked, "form", visit, one.answers),
        (ConsentType.MAIL_ACCEPTED, times.asked + timedelta(seconds=3), "smtp", no_visit, None),
        (ConsentType.CONFIRMED, times.confirmed, one.method, visit, one.answers),
        (
            ConsentType.UNSUBSCRIBED,
            times.ended if one.state == SubscriptionState.UNSUBSCRIBED else None,
            "one-click",
            visit,
            None,
        ),
    ]
    happened = [row for row in told if row[1] is not None]
    for uid, (kind, at, method, who, answers) in zip(one.uids[3:], happened, strict=False):
        yield {**same, **who, "id": uid, "type": kind, "at": at, "method": method, "answers": answers}


def _events(form: Form, one: MadeUpPerson, contact_id: int) -> Iterator[dict[str, Any]]:
    times, magnet = one.times, form.version.lead_magnet
    gift = {"name": magnet.name} if magnet else {}
    told: tuple[tuple[EventKind, datetime | None, dict[str, Any]], ...] = (
        (EventKind.PAGE_VIEWED, times.viewed, {}),
        (EventKind.DELIVERED, times.confirmed if magnet else None, gift),
        (EventKind.DOWNLOADED, times.taken if magnet else None, {"n": 1}),
    )
    for kind, at, detail in told:
        if at:
            yield {"contact_id": contact_id, "list_id": form.list_id, "kind": kind, "at": at, "detail": detail}
