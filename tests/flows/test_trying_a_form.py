"""A test goes the whole way and no figure notices it; nobody real becomes one, and none stays longer than a week."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from signup.audience import scoring_round
from signup.audience.index_contacts import index_contacts
from signup.audience.reach import reach
from signup.audience.rule import EVERYONE
from signup.audience.search import Search, count, find
from signup.bulk.bulk_edit import selected, selection_of
from signup.consent.consent_event import ConsentEvent
from signup.contacts.contact import Contact, Nature
from signup.counts.step import StepCount
from signup.counts.step import fold as fold_steps
from signup.counts.tally import Measure, Tally, totals
from signup.duplicates.find_duplicates import search as find_duplicates
from signup.duplicates.merge_contacts import merge_two
from signup.exports import selection
from signup.exports.export_file import stream
from signup.fields import field_figure
from signup.forms import stamp
from signup.forms.form import Form
from signup.ground.clock import utcnow
from signup.ground.db import Base, db, transaction
from signup.ground.dialect import now
from signup.ground.errors import CannotMerge
from signup.ground.tokens import TEST_TTL, TokenPurpose, keys
from signup.mailer.message import Message
from signup.privacy import delete_test_contacts
from signup.signups.signup import Signup
from tests.admin.cast import OPAL, signed_in
from tests.cast import (
    ADA,
    BOB,
    EVE,
    PDF,
    Mailbox,
    confirm_all,
    drain,
    events_of,
    forget_limits,
    link_in,
    make_form,
    make_noise,
    sign_up,
    state_of,
    suppress,
)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits two seconds before sending."""
    monkeypatch.setattr(stamp, "RENDER_MIN_AGE", timedelta(0))


@pytest.fixture
def form_id(app: Flask, client: FlaskClient, mailbox: Mailbox) -> str:
    """Ada is confirmed, Bob pending, and there is noise."""
    make_noise(app, client, mailbox)
    public_id = make_form().public_id
    sign_up(client, public_id, ADA, fields={"first_name": "Ada"})
    sign_up(client, public_id, BOB)
    confirm_all(app, client, mailbox, ADA)
    forget_limits()
    return public_id


def try_form(app: Flask, client: FlaskClient, form_id: str, address: str, **fields: str) -> TestResponse:
    """Send the form as the page of a test does."""
    token = stamp.test_stamp(form_id)
    assert "This is a test" in client.get(f"/f/{form_id}?test={token}").text
    return client.post(f"/f/{form_id}", data={"email": address, "consent": "yes", "token": token, **fields})


def trial_of(address: str) -> Contact | None:
    db.session.rollback()
    query = select(Contact).where(Contact.address == address, Contact.nature == Nature.TEST)
    return db.session.scalar(query.execution_options(populate_existing=True))


def figures(form_id: str) -> dict[str, Any]:
    """Everything that counts somebody, after every chore that counts has run."""
    fold_steps()
    scoring_round.run_round()
    field_figure.measure()
    find_duplicates()
    db.session.rollback()
    report = scoring_round.last_report()
    list_id = db.session.scalar(select(Form.list_id).where(Form.public_id == form_id)) or 0
    steps = select(StepCount.form_id, StepCount.step, db.func.sum(StepCount.n)).group_by(
        StepCount.form_id, StepCount.step
    )
    tallies = select(Tally.list_id, Tally.measure, db.func.sum(Tally.n)).group_by(Tally.list_id, Tally.measure)
    return {
        "tally": sorted(map(tuple, db.session.execute(tallies))),
        "steps": sorted(map(tuple, db.session.execute(steps))),
        "standing": totals(Measure.STANDING),
        "reach": reach(EVERYONE, exact=True),
        "of the list": reach(EVERYONE, frozenset({list_id})),
        "shown": [contact.address for contact in find(Search(list_id=list_id)).rows],
        "found": count(Search()),
        "exported": selection.count(list_id, {"status": "any"}),
        "file": len(b"".join(stream(list_id, "jsonl", {"status": "any"})).splitlines()),
        "fields": {key: (one.filled, one.total) for key, one in field_figure.figures().items()},
        "quality": report and report.report,
        "companies": scoring_round.company_counts(),
        "bulk": len(list(db.session.scalars(selected(selection_of(Search()))))),
    }


def test_a_test_goes_the_whole_way_and_no_figure_notices_it(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    before = figures(form_id)
    answer = try_form(app, client, form_id, ADA, first_name="Ada", interests="design")
    assert answer.status_code == 303
    assert "This is a test" in client.get(answer.location).text
    try_form(app, client, form_id, "not an address")
    drain(app)
    page = client.get(link_in(mailbox.last(ADA)))
    assert "This is a test" in page.text
    assert client.post(link_in(mailbox.last(ADA))).status_code == 303
    drain(app)
    with client.get(link_in(mailbox.last(ADA), "download")) as paper:
        assert paper.data == PDF
    assert figures(form_id) == before
    found = trial_of(ADA)
    assert found is not None
    assert found.standing == "confirmed"
    events = select(ConsentEvent.type).where(ConsentEvent.contact_id == found.id).order_by(ConsentEvent.id)
    assert list(db.session.scalars(events)) == ["requested", "mail_accepted", "confirmed"]
    assert [one.address for one in find(Search("ada@", tests=True)).rows] == [ADA]
    assert list(db.session.scalars(selected(selection_of(Search(tests=True))))) == [found.id]
    assert events_of(ADA) == ["requested", "mail_accepted", "confirmed"], "Ada's own proof is hers alone"
    client.post(link_in(mailbox.last(ADA), "unsubscribe"))
    assert figures(form_id) == before
    assert state_of(ADA) == "confirmed"


def test_a_test_with_a_mistake_in_it_stays_a_test_when_it_is_sent_again(client: FlaskClient, form_id: str) -> None:
    again = client.post(f"/f/{form_id}", data={"email": EVE, "token": stamp.test_stamp(form_id)})
    assert again.status_code == 422
    carried = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', again.text))
    assert client.post(f"/f/{form_id}", data={**carried, "email": EVE, "consent": "yes"}).status_code == 303
    assert (state_of(EVE), trial_of(EVE) is not None) == (None, True)


def test_who_tried_a_form_signs_up_for_real_as_somebody_else(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    try_form(app, client, form_id, EVE)
    forget_limits()  # a mailbox gets one mail in five minutes, whoever asks
    sign_up(client, form_id, EVE)
    confirm_all(app, client, mailbox, EVE)
    natures = set(db.session.scalars(select(Contact.nature).where(Contact.address == EVE)))
    assert natures == {Nature.REAL, Nature.TEST}
    assert state_of(EVE) == "confirmed"


def test_a_test_sends_no_mail_to_who_wants_none(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    suppress("dan@example.org")
    assert try_form(app, client, form_id, "dan@example.org").status_code == 303
    drain(app)
    assert mailbox.mails("dan@example.org") == []


def test_a_link_for_tests_is_good_for_an_hour_and_never_signs_up_for_real(
    app: Flask, client: FlaskClient, form_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, foreign = stamp.test_stamp(form_id), keys().sign(TokenPurpose.TEST, UUID(int=1))
    sent = {"email": EVE, "consent": "yes"}
    assert client.post(f"/f/{form_id}", data=sent | {"token": foreign}).status_code == 400
    later = utcnow() + TEST_TTL + timedelta(seconds=2)
    monkeypatch.setattr(stamp, "utcnow", lambda: later)
    assert client.get(f"/f/{form_id}?test={token}").status_code == 410
    assert client.post(f"/f/{form_id}", data=sent | {"token": token}).status_code == 422
    assert db.session.scalar(select(Contact.id).where(Contact.address == EVE)) is None


def test_the_admin_leads_to_the_test_and_shows_it_apart(app: Flask, client: FlaskClient, form_id: str) -> None:
    opal = signed_in(app, OPAL)
    there = urlsplit(opal.get(f"/admin/forms/{form_id}/test").location)
    assert "This is a test" in client.get(f"{there.path}?{there.query}").text
    try_form(app, client, form_id, EVE)
    assert EVE not in opal.get("/admin/contacts").text
    page = opal.get("/admin/contacts?status=test").text
    assert EVE in page
    assert '<span class="hidden">Test</span>' in page
    assert ADA not in page


def add(nature: Nature, address: str, **more: Any) -> Contact:
    contact = Contact(address=address, address_key=f"{nature}:{address}", nature=nature, **more)
    with transaction():
        db.session.add(contact)
        db.session.flush()
        db.session.add(ConsentEvent(type="requested", contact_id=contact.id, list_id=1))
    return contact


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE contact SET nature = 'test' WHERE nature = 'real'",
        "UPDATE contact SET nature = 'demo' WHERE nature = 'real'",
        "UPDATE contact SET nature = 'real' WHERE nature = 'test'",
        "UPDATE contact SET id = 4711 WHERE nature = 'test'",
        "UPDATE contact SET address_key = 'ada@example.org' WHERE nature = 'test'",
    ],
)
def test_nobody_becomes_a_test_and_no_test_becomes_somebody(context: Flask, change: str) -> None:
    add(Nature.REAL, ADA)
    add(Nature.TEST, BOB)
    with pytest.raises(DBAPIError, match="nature"), transaction():
        db.session.execute(text(change))


def test_only_the_proof_of_tests_and_demonstration_can_be_deleted(context: Flask) -> None:
    contacts = [add(nature, f"{nature}@example.org") for nature in Nature]
    for contact in contacts[1:]:
        with transaction():
            db.session.execute(text("DELETE FROM consent_event WHERE contact_id = :id"), {"id": contact.id})
    with pytest.raises(DBAPIError, match="append-only"), transaction():
        db.session.execute(text("DELETE FROM consent_event"))


def test_no_test_is_born_under_the_number_of_somebody_who_left_proof(context: Flask) -> None:
    ada = add(Nature.REAL, ADA)
    with transaction():
        db.session.delete(db.session.merge(ada))
    with pytest.raises(DBAPIError, match="nature"):
        add(Nature.TEST, ADA, id=ada.id)


def test_a_test_cannot_become_part_of_a_person(context: Flask) -> None:
    ids = [add(nature, f"{nature}@example.org").id for nature in Nature]
    for survivor, gone in ((0, 1), (1, 0), (0, 2), (2, 0)):
        with pytest.raises(CannotMerge), transaction():
            merge_two(ids[survivor], ids[gone], {})


def rows() -> Iterator[tuple[str, int]]:
    db.session.rollback()
    for table in Base.metadata.sorted_tables:
        if table.name not in {"limit_counter", "beat", "round"}:
            yield table.name, db.session.scalar(select(db.func.count()).select_from(table)) or 0


def test_a_week_later_a_test_is_gone_with_every_row(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    scoring_round.run_round()
    index_contacts()
    before = dict(rows())
    try_form(app, client, form_id, EVE, first_name="Eve")
    confirm_all(app, client, mailbox, EVE)
    scoring_round.run_round()
    delete_test_contacts.forget_tests()
    assert trial_of(EVE) is not None
    with transaction():
        db.session.execute(
            update(Contact).values(created_at=now(-delete_test_contacts.KEEP_TESTS - timedelta(seconds=1)))
        )
        db.session.execute(update(Signup).values(expires_at=now(-timedelta(days=9))))
    delete_test_contacts.forget_tests()
    index_contacts()
    assert dict(rows()) == before
    assert state_of(ADA) == "confirmed"


def test_a_person_named_beside_a_test_stays_whole(app: Flask, client: FlaskClient, form_id: str) -> None:
    try_form(app, client, form_id, EVE)
    everybody = list(db.session.scalars(select(Contact.id)))
    real = list(
        db.session.scalars(
            select(Message.id).join(Contact, Contact.id == Message.contact_id).where(Contact.nature == Nature.REAL)
        )
    )
    assert len(real) >= 3
    with transaction():
        assert delete_test_contacts.forget(everybody) == 1
    assert sorted(db.session.scalars(select(Message.id))) == sorted(real)
