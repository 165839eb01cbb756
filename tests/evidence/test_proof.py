"""The proof of one person tells a reader who knows nothing of this service what was agreed to, and shows the words."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from signup.consent.consent_event import PAYLOAD, ConsentEvent, ConsentType
from signup.consent.mailing_list import MailingList
from signup.contacts.contact import Contact
from signup.duplicates.merge_contacts import merge_two
from signup.evidence import bundle, inert_page, proof_page, sentence
from signup.evidence.event_words import CONSENT, METHODS
from signup.evidence.proof import Person, Proof, proof_of
from signup.evidence.proof_json import as_json
from signup.forms.live_form import forget_live_forms
from signup.ground.db import db, transaction
from signup.ground.i18n import LANGUAGES, speaking
from signup.ledger import seal
from signup.mailer.kept_mail import MASK
from tests.admin.cast import EDITH, actions, console, signed_in
from tests.admin.test_boundary import import_into
from tests.admin.test_scope import with_rights
from tests.cast import (
    ADA,
    BLOG,
    BOB,
    EVE,
    WORDING,
    Mailbox,
    confirm_all,
    drain,
    forget_limits,
    link_in,
    make_form,
    make_list,
    sign_up,
    subscription_of,
    text_of,
)


def contact(address: str) -> Contact:
    db.session.rollback()
    return db.session.scalars(select(Contact).where(Contact.address_key == address)).one()


def proof(address: str) -> Proof:
    found = subscription_of(address)
    assert found
    return proof_of(Person.of(contact(address)), [found])


@pytest.fixture
def seen_by_ada(client: FlaskClient, form_id: str) -> str:
    """The form's page on the blog, as Ada's browser got it before she sent it."""
    return client.get(f"/f/{form_id}/embed", headers={"Origin": BLOG}).text


def test_a_sign_up_is_told_from_the_form_to_the_confirmation_with_the_words_of_each_step(
    seen_by_ada: str, noise: None, ada: str
) -> None:
    asked, mailed, confirmed = proof(ADA).events
    assert [one.type for one in (asked, mailed, confirmed)] == ["requested", "mail_accepted", "confirmed"]
    assert (asked.wording, confirmed.wording) == (WORDING, WORDING)
    assert asked.form
    assert (asked.form.surface, hashlib.sha256(asked.form.content.encode()).hexdigest()) == ("script", asked.form.hash)
    assert WORDING in inert_page.of_form(asked.form, "en")
    assert mailed.mail
    assert mailed.mail.is_exact
    assert mailed.mail.words
    assert "Someone entered this address to receive “The Letter”" in mailed.mail.words.text
    assert "ticked the box" in sentence.sentence(asked)
    assert "pressed the button" in sentence.sentence(confirmed)


def test_the_hosted_page_is_shown_as_it_was_when_it_was_sent_whatever_it_says_since(
    app: Flask, client: FlaskClient, form_id: str
) -> None:
    client.get(f"/f/{form_id}")
    sent = {"email": EVE, "consent": "yes", "page": f"http://signup.example.org/f/{form_id}"}
    client.post(f"/f/{form_id}", data=sent, headers={"Origin": "http://signup.example.org"})
    with transaction():
        db.session.execute(update(MailingList).values(controller="Sold Press"))
    forget_live_forms()
    client.get(f"/f/{form_id}")
    (asked, *_later) = proof(EVE).events
    assert asked.form
    assert asked.form.surface == "page"
    shown = inert_page.of_form(asked.form, "en")
    assert "Example Press" in shown
    assert "Sold Press" not in shown
    assert "<script" not in shown
    assert "href=" not in shown.partition("</style>")[2]


def test_a_form_in_a_frame_is_shown_as_there_and_a_websites_own_html_is_not_made_up(
    client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    own = {"Origin": "http://signup.example.org"}
    for surface in ("", "?frame=1"):
        client.get(f"/f/{form_id}{surface}")
    framed = {"email": ADA, "consent": "yes", "page": f"{BLOG}/post"}
    assert client.post(f"/f/{form_id}?frame=1", data=framed, headers=own).status_code == 303
    assert client.post(f"/f/{form_id}", data=framed | {"email": BOB}, headers={"Origin": BLOG}).status_code == 303
    by_frame, by_html = proof(ADA).events[0].form, proof(BOB).events[0].form
    assert (by_frame and by_frame.surface, by_html and by_html.hash) == ("frame", "")
    assert "On the website https://blog.example.org/post" in sentence.sentence(proof(ADA).events[0])
    assert "was not kept" in proof_page.page(proof(BOB))


def test_the_page_for_a_regulator_shows_words_form_and_mail_and_explains_its_terms(
    app: Flask, seen_by_ada: str, ada: str, mailbox: Mailbox
) -> None:
    opal, uid = signed_in(app), contact(ADA).uid
    assert f"/admin/contacts/{uid}/proof" in opal.get(f"/admin/contacts/{uid}").text
    page = opal.get(f"/admin/contacts/{uid}/proof").text
    for words in (WORDING, "Only someone who can read this mailbox", "Someone entered this address", "A fingerprint"):
        assert words in page
    assert MASK in page
    assert link_in(mailbox.mails(ADA)[0]) not in page
    asked, mailed, _confirmed = proof(ADA).events
    for event, what in ((asked, "form"), (mailed, "mail")):
        frame = opal.get(f"/admin/contacts/{uid}/proof/{event.id}/{what}")
        assert frame.headers["Content-Security-Policy"] == inert_page.POLICY
        assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "The Letter" in frame.text
        assert "<script" not in frame.text
    assert opal.get(f"/admin/contacts/{uid}/proof/{mailed.id}/form").text == ""
    assert opal.get(f"/admin/contacts/{uid}/proof/{uid}/form").status_code == 404


def test_the_file_holds_page_data_and_texts_that_can_be_compared_by_their_names(
    app: Flask, seen_by_ada: str, ada: str
) -> None:
    opal, uid = signed_in(app), contact(ADA).uid
    answer = opal.get(f"/admin/contacts/{uid}/proof.zip", buffered=True)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        page, data = archive.read("proof.html").decode(), json.loads(archive.read("proof.json"))
        texts = {name: archive.read(name) for name in archive.namelist() if name.startswith("texts/")}
    assert "<iframe sandbox" in page
    assert WORDING in page
    asked = data["records"][0]["events"][0]
    assert asked["wording"] == WORDING
    assert f"texts/{asked['form']['as_seen']['hash']}" in texts
    assert all(hashlib.sha256(text).hexdigest() == name.removeprefix("texts/") for name, text in texts.items())
    assert "proof-saved" in actions(app)


def test_the_script_in_the_file_checks_it_without_the_service(
    app: Flask, seen_by_ada: str, ada: str, tmp_path: Path
) -> None:
    seal.seal()
    with (tmp_path / "ada.zip").open("wb") as file:
        bundle.write(file, proof(ADA))
    with zipfile.ZipFile(tmp_path / "ada.zip") as archive:
        archive.extract("verify_receipt.py", tmp_path)
    command = [sys.executable, "-I", "-S", str(tmp_path / "verify_receipt.py"), str(tmp_path / "ada.zip")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env={})
    assert done.stdout.startswith("OK     3 events are in the ledger"), done.stdout
    assert "Entry in the ledger" in proof_page.page(proof(ADA))


def test_the_console_writes_data_page_and_files_and_notes_each(
    app: Flask, noise: None, ada: str, bob: str, tmp_path: Path
) -> None:
    assert json.loads(console(app, "consent", "proof", ADA))["pii_principal"]["address"] == ADA
    console(app, "consent", "proof", ADA, "--out", str(tmp_path / "ada.html"), "--language", "fr")
    assert "coché la case" in (tmp_path / "ada.html").read_text()
    console(app, "consent", "proof", "--list", "the-letter", "--out", str(tmp_path / "all.zip"))
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        folders = {name.partition("/")[0] for name in archive.namelist() if name.endswith("proof.json")}
    assert folders == {str(contact(ADA).uid), str(contact(BOB).uid)}
    assert actions(app).count("proof-saved") == 3


def test_the_data_have_no_link_that_works_either(app: Flask, client: FlaskClient, mailbox: Mailbox, ada: str) -> None:
    forget_limits()
    sign_up(client, db.session.execute(db.text("SELECT public_id FROM form")).scalar_one(), ADA)
    drain(app)
    written = json.dumps(as_json(proof(ADA)))
    for mail in mailbox.mails(ADA):
        for word in text_of(mail).split():
            assert not ("://" in word and "." in word.rpartition("/")[2] and word in written)


def test_who_works_with_one_list_reads_the_proof_of_that_list_alone(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ada: str
) -> None:
    other = make_form(make_list("hidden", name="Hidden Letter"), wording="I would like the Hidden Letter by e-mail.")
    forget_limits()
    sign_up(client, other.public_id, ADA)
    confirm_all(app, client, mailbox, ADA)
    letter = db.session.scalars(select(MailingList.id).where(MailingList.slug == "the-letter")).one()
    uid = contact(ADA).uid
    hidden = [event.id for event in proof_of(Person.of(contact(ADA)), [subscription_of(ADA, "hidden")]).events]  # type: ignore[list-item]
    signed_in(app)
    edith = with_rights(app, EDITH, letter)
    told = edith.get(f"/admin/contacts/{uid}/proof").text + edith.get(f"/admin/contacts/{uid}/proof.json").text
    with zipfile.ZipFile(io.BytesIO(edith.get(f"/admin/contacts/{uid}/proof.zip", buffered=True).data)) as archive:
        told += "".join(archive.read(name).decode() for name in archive.namelist())
    assert "The Letter" in told
    assert "Hidden" not in told
    assert edith.get(f"/admin/contacts/{uid}/proof/{hidden[1]}/mail").status_code == 404


def test_a_merged_contacts_proof_is_read_beside_the_others_and_says_whose_it_was(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ada: str, form_id: str
) -> None:
    sign_up(client, form_id, BOB)
    confirm_all(app, client, mailbox, BOB)
    survivor, gone = contact(ADA), contact(BOB)
    gone_uid = gone.uid
    with transaction():
        merge_two(survivor.id, gone.id, {})
    events = proof(ADA).events
    assert {event.address for event in events if event.type == "confirmed"} == {ADA, BOB}
    assert {event.merged_from for event in events if event.address == BOB and event.type == "confirmed"} == {gone_uid}
    assert "joined to this one" in "".join(map(sentence.sentence, events))


def test_an_import_names_its_file_its_row_and_its_grade(app: Flask, form_id: str) -> None:
    import_into(app, signed_in(app), "the-letter", "email\neve@example.org")
    (event,) = (one for one in proof(EVE).events if one.type == "imported")
    assert event.brought_by
    assert (event.brought_by.grade, event.brought_by.line, len(event.brought_by.file_hash)) == ("C", 2, 64)
    assert "no record of it (grade C)" in sentence.sentence(event)


def test_what_was_erased_leaves_a_proof_that_can_still_be_read(app: Flask, client: FlaskClient, ada: str) -> None:
    with transaction():
        db.session.execute(update(ConsentEvent).values(dict.fromkeys(PAYLOAD)))
    found = proof(ADA)
    assert all(event.is_erased for event in found.events)
    page = proof_page.page(found)
    assert "have been deleted" in page
    assert json.loads(json.dumps(as_json(found)))["records"][0]["events"][0]["wording"] == WORDING


@pytest.mark.one_engine
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_has_a_sentence_in_every_language_without_a_placeholder(
    app: Flask, client: FlaskClient, ada: str, language: str
) -> None:
    from dataclasses import replace  # noqa: PLC0415

    (event, *_rest) = proof(ADA).events
    with speaking(language):
        for type_ in ConsentType:
            assert str(CONSENT[type_])
            for method in METHODS:
                for purpose in ("list", "partner:1"):
                    said = sentence.sentence(replace(event, type=type_, method=method, purpose=purpose))
                    assert said
                    assert "%(" not in said


def test_a_bundle_of_a_list_holds_a_folder_for_each_person(
    app: Flask, client: FlaskClient, noise: None, ada: str, bob: str
) -> None:
    out = io.BytesIO()
    assert bundle.write_all(out, [proof(ADA), proof(BOB)]) == 2
    with zipfile.ZipFile(out) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names} >= {str(contact(ADA).uid), str(contact(BOB).uid)}
    assert len(names) == len(set(names))
