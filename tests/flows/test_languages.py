"""A form offered in several languages: what a visitor reads, gets by mail, and what is kept as the proof."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.consent.consent_event import ConsentEvent
from signup.consent.snapshot import Snapshot, digest
from signup.contacts.contact import Contact
from signup.forms.texts import FieldTexts, FormTexts
from signup.ground.db import db
from signup.mailer.own_text import MailText
from tests.cast import ADA, BOB, WORDING, Mailbox, confirm_all, drain, link_in, make_form, sign_up, text_of

pytestmark = pytest.mark.one_engine

WORDING_FR = "Je souhaite recevoir La Lettre par e-mail. Je peux partir à tout moment."
FRENCH = FormTexts(
    title="Recevez La Lettre",
    wording=WORDING_FR,
    button="Je m’inscris",
    fields={"first_name": FieldTexts(label="Prénom")},
)
FR = {"Accept-Language": "fr-CH, fr;q=0.9, en;q=0.5"}


def make_bilingual(app: Flask, **more: Any) -> str:
    return make_form(magnet=False, **({"translations": {"fr": FRENCH}} | more)).public_id


def proof_of(app: Flask, address: str) -> list[tuple[str, str, str | None]]:
    """Type, language and wording of each event of a person, as kept."""
    query = select(ConsentEvent).join(Contact, Contact.id == ConsentEvent.contact_id)
    events = db.session.scalars(query.where(Contact.address_key == address).order_by(ConsentEvent.id))
    return [(one.type, one.locale, one.wording_hash) for one in events]


def test_a_french_visitor_reads_gets_and_agrees_to_the_french_texts(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form_id = make_bilingual(app)
    page = client.get(f"/f/{form_id}", headers=FR).text
    assert '<html lang="fr">' in page
    assert '<input type="hidden" name="lang" value="fr">' in page
    for text in ("Recevez La Lettre", WORDING_FR, "Prénom", "Je m’inscris", "Interests"):
        assert text in page
    assert sign_up(client, form_id, ADA, lang="fr").status_code == 202
    drain(app)
    mail = mailbox.last(ADA)
    assert mail["Subject"] == "Veuillez confirmer\u00a0: The Letter"
    assert '<html lang="fr">' in client.get(link_in(mail)).text
    confirm_all(app, client, mailbox, ADA)
    wording = digest(WORDING_FR)
    assert proof_of(app, ADA) == [
        ("requested", "fr", wording),
        ("mail_accepted", "fr", None),
        ("confirmed", "fr", wording),
    ]
    assert db.session.get_one(Snapshot, wording).content == WORDING_FR
    assert db.session.scalars(select(Contact.language)).one() == "fr"


@pytest.mark.parametrize(
    ("query", "browser", "expected"),
    [
        ("", "fr", "fr"),
        ("", "de-DE, de", "en"),
        ("", "de, fr;q=0.5", "fr"),
        ("?lang=fr", "en", "fr"),
        ("?lang=fr-CH", "en", "fr"),
        ("?lang=de", "fr", "fr"),
        ("?lang=en", "fr", "en"),
        ("?lang=%00", "", "en"),
    ],
)
def test_the_page_decides_then_the_browser_then_the_form(
    app: Flask, client: FlaskClient, query: str, browser: str, expected: str
) -> None:
    form_id = make_bilingual(app)
    page = client.get(f"/f/{form_id}{query}", headers={"Accept-Language": browser}).text
    assert f'<html lang="{expected}">' in page
    assert f'name="lang" value="{expected}"' in page


def test_a_form_of_one_language_keeps_to_it_whatever_the_browser_wants(app: Flask, client: FlaskClient) -> None:
    form_id = make_form(magnet=False).public_id
    assert '<html lang="en">' in client.get(f"/f/{form_id}?lang=fr", headers=FR).text


def test_what_is_not_translated_is_said_and_proved_in_the_main_language(app: Flask, client: FlaskClient) -> None:
    form_id = make_bilingual(app, translations={"fr": FormTexts(title="Recevez La Lettre")})
    assert WORDING in client.get(f"/f/{form_id}", headers=FR).text
    sign_up(client, form_id, ADA, lang="fr")
    assert proof_of(app, ADA) == [("requested", "fr", digest(WORDING))]


@pytest.mark.parametrize("language", ["de", "xx", "fr-FR", "../en", "FR"])
def test_a_language_the_form_is_not_offered_in_is_refused_and_the_form_shown_again(
    app: Flask, client: FlaskClient, language: str
) -> None:
    form_id = make_bilingual(app)
    refused = sign_up(client, form_id, ADA, lang=language)
    assert (refused.status_code, list((refused.json or {})["errors"])) == (422, ["lang"])
    typed = {"email": ADA, "first_name": "Ada", "consent": "yes", "lang": language}
    page = client.post(f"/f/{form_id}", data=typed)
    assert page.status_code == 422
    assert "Please read it again" in page.text
    assert 'value="Ada"' in page.text
    assert "required checked" not in page.text  # the wording is another one: it must be agreed to anew
    assert proof_of(app, ADA) == []


def test_the_pages_after_sending_stay_in_the_language(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    form_id = make_bilingual(app, words={"fr": {"sent": "Encore un pas", "code": "Votre code"}})
    sent = client.post(
        f"/f/{form_id}",
        data={"email": ADA, "consent": "yes", "lang": "fr"},
        headers={"Origin": "http://signup.example.org"},
    )
    assert "lang=fr" in sent.location
    page = client.get(sent.location).text
    assert "Encore un pas" in page
    assert "Votre code" in page
    handle = sent.location.partition("signup=")[2].partition("&")[0]
    wrong = client.post(f"/f/{form_id}/code", data={"signup": handle, "code": "x", "lang": "fr"})
    assert '<html lang="fr">' in wrong.text


def test_shipped_words_are_said_as_the_operator_wants_in_one_language_only(app: Flask, client: FlaskClient) -> None:
    form_id = make_bilingual(app, words={"fr": {"email": "Votre adresse"}, "en": {"privacy": "How we treat your data"}})
    french, english = client.get(f"/f/{form_id}?lang=fr").text, client.get(f"/f/{form_id}?lang=en").text
    assert "Votre adresse" in french
    assert "How we treat your data" not in french
    assert "How we treat your data" in english
    assert ">Email <" in english


def test_the_mails_are_the_operators_own_in_each_language(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    own = {
        "fr": {
            "confirm": MailText(
                subject="Un clic pour {{ list }}",
                body="Bonjour,\n\n{{link}}\n\nCode : {{ code }}",
                button="Je confirme",
            ),
            "welcome": MailText(body="Bienvenue chez {{ controller }}.\n\nLe fichier « {{ magnet }} » : {{ link }}"),
        }
    }
    form_id = make_bilingual(app, mails=own)
    sign_up(client, form_id, ADA, lang="fr")
    sign_up(client, form_id, BOB, lang="en")
    drain(app)
    french, english = mailbox.last(ADA), mailbox.last(BOB)
    assert french["Subject"] == "Un clic pour The Letter"
    assert text_of(french).startswith("Bonjour,\r\n\r\nhttp://signup.example.org/confirm/")
    html = french.get_body(("html",))
    assert html is not None
    assert ">Je confirme</a>" in html.get_content()
    assert english["Subject"] == "Please confirm: The Letter"
    confirm_all(app, client, mailbox, ADA)
    welcome = text_of(mailbox.mails(ADA)[-1])
    assert "Bienvenue chez Example Press." in welcome
    assert "fichier" not in welcome  # the form gives none
    assert "/unsubscribe/" in welcome


def test_the_script_is_told_the_texts_of_the_pages_language(app: Flask, client: FlaskClient) -> None:
    form_id = make_bilingual(app, words={"fr": {"enter_code": "C’est moi"}})
    told = client.get(f"/f/{form_id}/embed?lang=fr-CH", headers={"Origin": "https://blog.example.org"}).json or {}
    assert (told["lang"], told["title"], told["button"]) == ("fr", "Recevez La Lettre", "Je m’inscris")
    assert told["consents"][0]["text"] == WORDING_FR
    assert told["words"]["confirm"] == "C’est moi"
    assert [field["label"] for field in told["fields"]][:2] == ["Adresse e-mail", "Prénom"]
    other = client.get(f"/f/{form_id}/embed?lang=de", headers={"Origin": "https://blog.example.org"}).json or {}
    assert other["lang"] == "en"
