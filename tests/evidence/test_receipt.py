"""A person's receipt: what they agreed to, when and how, and how to withdraw it, by the link in their welcome email."""

import re

from flask import Flask
from flask.testing import FlaskClient

from tests.cast import ADA, WORDING, Mailbox, link_in, text_of


def link(mailbox: Mailbox) -> str:
    (found,) = re.findall(r"https?://[^/\s]+(/preferences/\S+/receipt)", text_of(mailbox.last(ADA)))
    return str(found)


def test_the_welcome_leads_to_what_was_agreed_when_and_how_with_a_masked_address(
    client: FlaskClient, mailbox: Mailbox, noise: None, ada: str
) -> None:
    page = client.get(link(mailbox))
    assert page.status_code == 200
    for words in (WORDING, "The Letter", "Example Press", "link in the email", "a•••@example.org", "UTC"):
        assert words in page.text
    assert ADA not in page.text
    assert "Noise" not in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert link_in(mailbox.last(ADA), "preferences") in page.text


def test_the_preferences_lead_to_it_and_a_withdrawal_stands_in_it(
    client: FlaskClient, mailbox: Mailbox, ada: str
) -> None:
    preferences = link_in(mailbox.last(ADA), "preferences")
    assert f'href="{preferences}/receipt"' in client.get(preferences).text
    client.post(link_in(mailbox.last(ADA), "unsubscribe"))
    assert "Unsubscribed" in client.get(f"{preferences}/receipt").text


def test_a_forged_link_shows_nothing(app: Flask, client: FlaskClient) -> None:
    assert client.get("/preferences/forged/receipt").status_code == 400
