"""Everything about one person is in their file, and nothing of anybody else's."""

import json
import re
from io import BytesIO
from zipfile import ZipFile

import pytest
from flask import Flask
from flask.testing import FlaskClient

from signup.contacts.contact import Contact
from signup.ground.db import Base, db, transaction
from signup.ground.tokens import TokenPurpose, keys
from signup.privacy.access_file import BESIDE, LEFT_OUT, SECTIONS, AccessFile
from tests.cast import subscription_of
from tests.privacy.everything import ONES_OWN, ROWS, Owner, fill

LEFT_OUT_COLUMNS = {
    "found again by it": "contact.name_key discount_code.code_key signup.handle message.recipient_hash",
    "how the proof is checked": "consent_event.wording_hash consent_event.mail_hash consent_event.mail_template_hash"
    " consent_event.form_version_id message.mail_hash",
    "opens pages or stands for a secret": "message.data signup.code_hash",
    "how the work is done": "message.attempt message.claimed_at message.crashes message.dedupe_key message.handed_at"
    " message.campaign_id"
    " message.lease_until message.not_before message.owner message.priority signup.code_tries signup.code_until"
    " signup.remind_at finding.seen position.seen contact_merge.moved value_change.line value_change.source_id",
    "who of the staff": "contact_merge.actor contact_merge.operator_id duplicate.operator_id grade_change.operator_id"
    " legal_hold.actor value_change.actor contact_note.author contact_note.operator_id",
    "of the pool, not of the person": "discount_code.created_at",
    "how much of the form was filled in, for the report": "kiosk_entry.filled kiosk_entry.optional",
}
"""Columns of a person's rows that the file leaves out, and why."""
OF_OTHERS_TOO = {
    "company.name",
    "company.number",
    "household.street",
    "import_run.file_name",
    "partner_version.name",
    "till.shop",
}
"""What is told of rows that more than one person may lead to."""


@pytest.fixture
def owners(ada: str, noise: None) -> tuple[Owner, Owner]:
    """Ada and a stranger, each with a row in every table."""
    with transaction():
        return fill(ada, 1), fill("nina@example.org", 2)


def file_of(owner: Owner) -> AccessFile:
    return AccessFile.of(db.session.get_one(Contact, owner.contact_id))


def test_every_table_is_in_the_file_or_let_out_by_name() -> None:
    told = {table for section in (*SECTIONS, *BESIDE) for table in section.tables}
    assert sorted(told & LEFT_OUT.keys()) == []
    assert sorted(told | LEFT_OUT.keys()) == sorted(Base.metadata.tables)


def test_somebody_with_everything_gets_all_of_it_and_nothing_of_anybody_else(owners: tuple[Owner, Owner]) -> None:
    hers, others = owners
    text = file_of(hers).as_json()
    of_her = {name for name in hers.marks if name.partition(".")[0] in {*ONES_OWN, *ROWS}}
    missing = {name for name in of_her | OF_OTHERS_TOO if hers.marks[name] not in text}
    assert missing == set(" ".join(LEFT_OUT_COLUMNS.values()).split())
    assert [name for name, mark in others.marks.items() if mark in text] == []


def test_the_page_tells_what_the_file_tells(owners: tuple[Owner, Owner]) -> None:
    hers, others = owners
    known = file_of(hers)
    text, page = known.as_json(), known.as_page()
    texts = {name: mark for name, mark in hers.marks.items() if mark.startswith("m1") and mark in text}
    unseen = {name for name, mark in texts.items() if mark not in page}
    assert unseen == {"contact_merge.before", "contact_merge.after", "import_row.change"}
    assert [name for name, mark in others.marks.items() if mark in page] == []


def test_a_zip_holds_the_page_and_the_file(ada: str, noise: None) -> None:
    known = AccessFile.of(subscription_of(ada).contact)  # type: ignore[union-attr]  # she is on the list
    with ZipFile(BytesIO(known.as_zip())) as archive:
        assert archive.namelist() == ["my-data.html", "my-data.json"]
        told = json.loads(archive.read("my-data.json"))
    assert [one["address"] for one in told["person"]] == [ada]
    assert [one["list"] for one in told["subscriptions"]] == ["The Letter"]
    assert told["mails"][0]["subject"] == "Please confirm: The Letter"
    assert [(one["list"], one["state"], one["form"]) for one in told["signups"]] == [
        ("The Letter", "confirmed", "The Letter form")
    ], "also one that came by no kiosk"
    assert told["merges"] == []


def test_a_phone_reads_the_page_and_it_runs_and_loads_nothing(client: FlaskClient, ada: str, noise: None) -> None:
    contact = subscription_of(ada).contact  # type: ignore[union-attr]  # she is on the list
    answer = client.post(f"/copy/{keys().sign(TokenPurpose.COPY, contact.uid)}", data={"as": "page"})
    assert ada in answer.text
    assert 'name="viewport"' in answer.text
    assert not re.search(r"<script|<link|<img|url\(", answer.text)
    assert "style-src 'sha256-" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.one_engine
def test_the_page_speaks_the_persons_language(app: Flask, ada: str) -> None:
    contact = subscription_of(ada).contact  # type: ignore[union-attr]  # she is on the list
    words = {"en": "Your rights", "fr": "Vos droits", "de": "Ihre Rechte", "nl": "Je rechten", "it": "I suoi diritti"}
    for contact.language, rights in words.items():
        page = AccessFile.of(contact).as_page()
        assert rights in page, contact.language
        assert f'<html lang="{contact.language}">' in page
