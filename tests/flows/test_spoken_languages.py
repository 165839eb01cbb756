"""A visitor is spoken to in the form's language, whatever the browser's, on every page and in every mail."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cast import ADA, Mailbox, drain, link_in, make_form, make_list, sign_up, text_of

pytestmark = pytest.mark.one_engine

SAID = {
    "fr": ("Adresse e-mail", "Veuillez confirmer\u00a0: The Letter", "Bonjour,", "Me désinscrire", "Veuillez"),
    "de": ("E-Mail-Adresse", "Bitte bestätigen: The Letter", "Guten Tag,", "Abmelden", "Bitte"),
    "nl": ("E-mailadres", "Bevestig: The Letter", "Hallo,", "Afmelden", "Controleer"),
    "it": ("Indirizzo email", "Confermi l’iscrizione: The Letter", "Buongiorno,", "Annulla l’iscrizione", "Controlli"),
}
POLISH = {"Accept-Language": "pl"}


@pytest.mark.parametrize("language", SAID)
def test_the_forms_language_goes_all_the_way(app: Flask, client: FlaskClient, mailbox: Mailbox, language: str) -> None:
    label, subject, greeting, leave, mistake = SAID[language]
    form_id = make_form(make_list(language=language), language=language).public_id
    assert label in spoken(client.get(f"/f/{form_id}", headers=POLISH), language)
    problems = sign_up(client, form_id, "ada@").get_json()["errors"]
    assert problems["email"].startswith(mistake)
    sign_up(client, form_id, ADA)
    drain(app)
    mail = mailbox.last(ADA)
    assert mail["Subject"] == subject
    assert text_of(mail).startswith(greeting)
    spoken(client.get(link_in(mail), headers=POLISH), language)
    spoken(client.post(link_in(mail), headers=POLISH, follow_redirects=True), language)
    drain(app)
    welcome = mailbox.last(ADA)
    spoken(client.get(link_in(welcome, "preferences"), headers=POLISH), language)
    assert f">{leave}</button>" in spoken(client.get(link_in(welcome, "unsubscribe"), headers=POLISH), language)


def spoken(page: TestResponse, language: str) -> str:
    assert f'<html lang="{language}">' in page.text
    return page.text


@pytest.mark.parametrize(
    ("wish", "title"),
    [
        ("de-CH", "Seite nicht gefunden"),
        ("nl;q=0.9, en;q=0.5", "Pagina niet gevonden"),
        ("it", "Pagina non trovata"),
        ("pl", "Page not found"),
    ],
)
def test_before_a_form_is_known_the_browser_decides(client: FlaskClient, wish: str, title: str) -> None:
    assert f"<h1>{title}</h1>" in client.get("/nowhere", headers={"Accept-Language": wish}).text
