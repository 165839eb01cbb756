"""Where the checks are met: a form's hint, a file's report, and never a refusal."""

from flask import Flask
from flask.testing import FlaskClient

from signup.audience.scoring_round import run_round
from signup.consent.mailing_list import find_list
from signup.contacts.contact import Contact
from signup.fields.finding import Finding
from signup.forms.question import Question
from signup.ground.db import db
from tests.admin.cast import post
from tests.cast import Mailbox, confirm_all, make_form, make_list, sign_up
from tests.imports.import_cast import table, take_in

FIELDS = "/admin/contacts/fields"


def _fields() -> tuple[Question, ...]:
    keys = ("phone", "postal_code", "city")
    return tuple(Question(key=key, type="text", label=key) for key in keys)


def test_a_form_hints_and_takes_what_was_typed_all_the_same(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    form_id = make_form(fields=_fields(), country="CH").public_id
    page = client.get(f"/f/{form_id}").text
    assert 'data-watched="city phone postal_code"' in page
    typed = {"phone": "079 123 45 67", "postal_code": "1003", "city": "Genève", "lang": "en"}
    hints = client.post(f"/f/{form_id}/hints", data=typed).json
    assert hints == {"hints": {"phone": "", "postal_code": "Did you mean 1003 Lausanne?"}}
    assert client.post(f"/f/{form_id}/hints", json=typed).status_code == 400
    assert client.post(f"/f/{form_id}/hints", data={"lang": "xx"}).status_code == 404
    del typed["lang"]
    assert sign_up(client, form_id, "ada@example.org", fields=typed).status_code == 202
    confirm_all(app, client, mailbox, "ada@example.org")
    answers = db.session.scalar(db.select(Contact.answers).where(Contact.address_key == "ada@example.org"))
    assert answers == {**typed, "country": "CH"}


def test_a_field_under_any_key_may_choose_a_check_and_every_door_runs_it(
    app: Flask, client: FlaskClient, opal: FlaskClient
) -> None:
    make_list()
    field = {"label": "WhatsApp", "kind": "text", "reason": "A number", "check": "phone", "none_yet": "y"}
    assert post(opal, f"{FIELDS}/new", field).status_code == 303
    assert '<option selected value="phone">' in opal.get(f"{FIELDS}/whatsapp").text
    question = Question(key="whatsapp", type="text", label="WhatsApp", check="phone")
    mailing_list = find_list("the-letter")
    form_id = make_form(mailing_list, fields=(question,), country="CH").public_id
    run = take_in(table({"E-mail": "zoe@example.org", "WhatsApp": "12"}), mailing_list)
    assert (run.imported or {})["check:phone:invalid"] == 1
    run_round()
    assert [(one.key, one.verdict) for one in db.session.scalars(db.select(Finding))] == [("whatsapp", "invalid")]
    contact = db.session.scalar(db.select(Contact.uid).where(Contact.address_key == "zoe@example.org"))
    assert 'data-watched="whatsapp"' in client.get(f"/f/{form_id}").text
    hints = client.post(f"/f/{form_id}/hints", data={"whatsapp": "12", "lang": "en"}).json
    assert hints == {"hints": {"whatsapp": "This phone number has too few or too many digits."}}
    assert "too few or too many digits" in opal.get(f"/admin/contacts/{contact}").text


def test_a_file_brings_company_columns_and_is_told_what_does_not_fit(context: Flask) -> None:
    mailing_list = make_list()
    content = table(
        {"E-mail": "zoe@example.org", "Société": "Café Zoé", "SIREN": "732829320", "Code postal": "75001",
         "Ville": "Lyon", "country": "FR", "Téléphone": "06 12 34 56 78", "Effectif": "3"},
        {"E-mail": "leo@example.org", "Société": "", "SIREN": "732829321", "Code postal": "75001",
         "Ville": "Paris", "country": "FR", "Téléphone": "12", "Effectif": "beaucoup"},
    )  # fmt: skip
    run = take_in(content, mailing_list)
    assert run.imported
    assert run.imported["created"] == 2
    assert {name: n for name, n in run.imported.items() if name.startswith("check:")} == {
        "check:postal_code:mismatch": 1,
        "check:company_number:invalid": 1,
        "check:phone:invalid": 1,
    }
    answers = db.session.scalar(db.select(Contact.answers).where(Contact.address_key == "zoe@example.org"))
    assert answers["company"] == "Café Zoé"
    assert answers["headcount"] == "3"
