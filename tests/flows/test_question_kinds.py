"""Each kind of question as visitors meet it: on our page, by the script, as plain HTML, at a kiosk."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.contacts.contact import Contact
from signup.forms.question import Option, Question
from signup.forms.snippet import html_snippet
from signup.forms.texts import FieldTexts, FormTexts
from signup.ground.db import db
from tests.cast import ADA, BLOG, EVE, Mailbox, confirm_all, make_form, make_list, sign_up

SIZES = tuple(Option(value=size, label=size.upper()) for size in ("small", "large"))
QUESTIONS = (
    Question(key="size", type="drop_down", label="Size", options=SIZES, required=True),
    Question(key="land", type="country", label="Country"),
    Question(key="phone", type="phone", label="Phone"),
    Question(key="website", type="url", label="Website"),
)
FRENCH = FormTexts(
    title="La Lettre",
    wording="Je souhaite recevoir The Letter par e-mail. Je peux me désinscrire à tout moment.",
    fields={
        "size": FieldTexts(label="Taille", options={"small": "Petit", "large": "Grand"}),
        "land": FieldTexts(label="Pays"),
        "phone": FieldTexts(label="Téléphone"),
        "website": FieldTexts(label="Site"),
    },
)


@pytest.fixture
def form_id(app: Flask) -> str:
    return make_form(make_list(country="CH"), fields=QUESTIONS, translations={"fr": FRENCH}, magnet=False).public_id


@pytest.mark.one_engine
def test_every_surface_offers_a_list_that_opens_in_the_visitors_language(
    app: Flask, client: FlaskClient, form_id: str
) -> None:
    page = client.get(f"/f/{form_id}?lang=fr").text
    told = client.get(f"/f/{form_id}/embed?lang=fr", headers={"Origin": BLOG}).get_json()
    asked = {one["key"]: one for one in told["fields"]}
    for html in (page, html_snippet(make_form(make_list("b"), fields=QUESTIONS, magnet=False))):
        assert '<select id="size" name="size" required' in html
        assert '<select id="land" name="land" autocomplete="country">' in html
        assert 'name="website" type="text" inputmode="url"' in html
    assert '<option value="CH">Suisse</option>' in page
    assert asked["land"]["choose"][0] == ["", "–"]
    assert ["CH", "Suisse"] in asked["land"]["choose"]
    assert asked["size"]["choose"] == [["", "–"], ["small", "Petit"], ["large", "Grand"]]
    assert (asked["phone"]["input"]["type"], asked["phone"]["input"]["autocomplete"]) == ("tel", "tel")


@pytest.mark.one_engine
def test_what_is_wrong_is_said_at_its_input_and_what_was_chosen_stays(client: FlaskClient, form_id: str) -> None:
    typed = {"email": EVE, "size": "huge", "land": "FR", "phone": "call me", "website": "javascript:alert(1)"}
    page = client.post(f"/f/{form_id}", data=typed)
    assert page.status_code == 422
    for key in ("size", "phone", "website"):
        assert f'id="{key}-error"' in page.text
    assert '<option value="FR" selected>France</option>' in page.text
    assert 'value="call me"' in page.text


def test_answers_are_stored_as_their_kinds_keep_them(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    fields: dict[str, Any] = {"size": "large", "land": "CH", "phone": "079 123 45 67", "website": "example.org"}
    assert sign_up(client, form_id, ADA, fields=fields).status_code == 202
    confirm_all(app, client, mailbox, ADA)
    with app.app_context():
        kept = db.session.scalars(select(Contact.answers).where(Contact.address == ADA)).one()
    assert kept | fields | {"website": "https://example.org", "country": "CH"} == kept
