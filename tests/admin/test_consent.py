"""The Consent pages: the ledger with its check, wordings, purposes and the record of processing; nothing personal."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.consent.consent_event import ConsentEvent
from signup.consent.partner import Partner
from signup.contacts.contact import Contact
from signup.forms.form import find_form
from signup.ground.db import db, transaction
from signup.ledger import ledger_check, seal
from signup.ledger.signed_note import PublicKey, public_keys, read
from tests.admin.cast import EDITH, VIC, actions, post, signed_in
from tests.cast import ADA, BOB, WORDING, make_form, make_list

PAGES = ("", "/purposes", "/wordings", "/record")


def test_the_ledger_shows_its_state_and_gives_checkpoint_and_keys(app: Flask, ada: str) -> None:
    opal = signed_in(app)
    assert "Nothing is in the ledger yet." in opal.get("/admin/consent").text
    seal.seal()
    page = opal.get("/admin/consent").text
    assert "everything is sealed" in page
    assert "The folder outside the database agrees" in page
    note = opal.get("/admin/consent/checkpoint")
    assert read(note.text, public_keys()).root.hex() in page
    assert "attachment" in note.headers["Content-Disposition"]
    assert PublicKey.read(opal.get("/admin/consent/public-keys").text) == public_keys()[0]


def test_check_now_is_done_by_a_worker_and_its_result_stays(app: Flask, ada: str) -> None:
    seal.seal()
    opal = signed_in(app)
    assert "Not checked yet." in opal.get("/admin/consent").text
    assert post(opal, "/admin/consent/check").location == "/admin/consent"
    post(opal, "/admin/consent/check")
    busy = opal.get("/admin/consent").text
    assert 'data-poll="2000"' in busy
    assert "Check now" not in busy
    ledger_check.perform()
    page = opal.get("/admin/consent").text
    assert "data-poll" not in page
    assert "entries checked on" in page
    assert "Whole" in page
    assert "asked for by Opal" in page
    assert actions(app).count("ledger-checked") == 1


def test_an_address_leads_to_its_proof_and_never_stands_in_a_url(app: Flask, ada: str) -> None:
    uid = db.session.scalars(select(Contact.uid).where(Contact.address_key == ADA)).one()
    edith = signed_in(app, EDITH)
    assert post(edith, "/admin/consent/proof", {"address": ADA.upper()}).location == f"/admin/contacts/{uid}/proof"
    none = post(edith, "/admin/consent/proof", {"address": "nobody@example.org"})
    assert none.status_code == 422
    assert "No contact has this address." in none.text


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_hold_nothing_personal(app: Flask, ada: str, bob: str, path: str) -> None:
    seal.seal()
    page = signed_in(app, VIC).get(f"/admin/consent{path}")
    assert page.status_code == 200
    assert ADA not in page.text
    assert BOB not in page.text


def test_who_works_with_some_lists_has_no_such_page(app: Flask, form_id: str) -> None:
    lists = [find_form(form_id).list_id]
    edith = signed_in(app, EDITH, lists)
    for path in PAGES:
        assert edith.get(f"/admin/consent{path}").status_code == 403
    assert post(edith, "/admin/consent/check").status_code == 403
    assert '"/admin/consent"' not in edith.get("/admin/").text
    assert post(signed_in(app, VIC), "/admin/consent/proof", {"address": ADA}).status_code == 403


def test_a_wording_shows_its_forms_and_how_many_agreed_to_it(app: Flask, ada: str, bob: str, noise: None) -> None:
    opal = signed_in(app)
    hash_ = db.session.scalars(
        select(ConsentEvent.wording_hash).where(ConsentEvent.address == ADA, ConsentEvent.type == "confirmed")
    ).one()
    table = opal.get("/admin/consent/wordings").text
    assert WORDING in table
    page = opal.get(f"/admin/consent/wordings/{hash_}").text
    assert WORDING in page
    assert "The Letter form" in page
    assert "version 1" in page
    assert "2 consents" in page  # Ada, and Nina of the other list that says the same
    assert opal.get(f"/admin/consent/wordings/{'0' * 64}").status_code == 404
    assert opal.get("/admin/consent/wordings/nonsense").status_code == 404


def test_a_wording_that_nobody_has_read_stands_apart(app: Flask, form_id: str) -> None:
    page = signed_in(app).get("/admin/consent/wordings").text
    assert "Nobody has read these yet" in page
    assert WORDING in page


def test_purposes_show_every_version_of_a_partners_words(app: Flask, form_id: str) -> None:
    partner = Partner(slug="acme")
    with transaction():
        partner.publish("Acme", "https://acme.example", {"en": "Yes, Acme may write to me."})
        partner.publish("Acme", "https://acme.example", {"en": "Yes, Acme may write to me monthly."})
    page = signed_in(app).get("/admin/consent/purposes").text
    assert "Yes, Acme may write to me." in page
    assert "Yes, Acme may write to me monthly." in page


def test_the_record_of_processing_names_controllers_data_recipients_and_times(app: Flask, client: FlaskClient) -> None:
    partner = Partner(slug="acme")
    with transaction():
        partner.publish("Acme Ltd", "https://acme.example", {"en": "Yes, Acme may write to me."})
    make_form(make_list("two", name="Second", controller="Other House"), partner_ids=(partner.id,))
    page = signed_in(app).get("/admin/consent/record").text
    for text in ("Other House", "Second", "First name", "Acme Ltd, with the consent", "A message from a contact"):
        assert text in page
