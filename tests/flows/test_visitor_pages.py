"""No page of a visitor is a dead end: the first mistake has the focus, and every last page leads on."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from signup.forms.texts import FormTexts
from tests.cast import ADA, BLOG, BOB, Mailbox, drain, link_in, make_form, sign_up

pytestmark = pytest.mark.one_engine
OWN = "http://signup.example.org"


def _focused(page: str) -> list[str]:
    """What gets the focus of a page when it opens: the name of an input, or the tag."""
    tags = re.findall(r"<[^>]* autofocus[^>]*>", page)
    return [(re.findall(r' name="([\w-]+)"', tag) or [tag[1:].partition(" ")[0]])[0] for tag in tags]


@pytest.mark.parametrize(
    ("sent", "focused"),
    [
        ({"email": ""}, "email"),
        ({"email": ADA}, "consent"),
        ({"email": ADA, "interests": "nothing"}, "interests"),
        ({"email": ADA, "first_name": "x" * 501, "interests": "nothing"}, "first_name"),
        ({"email": "ada@", "first_name": "x" * 501}, "email"),
        ({"email": ADA, "consent": "yes", "lang": "it"}, "p"),
    ],
)
def test_after_a_mistake_the_first_wrong_input_has_the_focus_or_else_the_message(
    client: FlaskClient, form_id: str, sent: dict[str, str], focused: str
) -> None:
    answer = client.post(f"/f/{form_id}", data=sent, headers={"Origin": OWN})
    assert answer.status_code == 422
    assert _focused(answer.text) == [focused]
    assert _focused(client.get(f"/f/{form_id}").text) == []


def test_the_languages_of_a_form_are_one_small_menu(client: FlaskClient) -> None:
    form_id = make_form(translations={"fr": FormTexts(title="La Lettre")}).public_id
    page = client.get(f"/f/{form_id}?lang=fr").text
    menu = page.partition('<details class="languages">')[2].partition("</details>")[0]
    assert ">Français</summary>" in menu
    assert re.findall(r'lang="(\w+)"', menu) == ["en", "en"]
    assert menu.count("<a ") == 1


def test_every_last_page_leads_to_the_website_or_back_to_the_form(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    sign_up(client, form_id, ADA)
    sign_up(client, form_id, BOB, page="https://unknown.example/")
    drain(app)
    home = f'<a href="{BLOG}/">Go to {BLOG.removeprefix("https://").removeprefix("www.")}</a>'
    link = link_in(mailbox.last(ADA))
    assert home in client.post(link, follow_redirects=True).text
    drain(app)
    page = client.post(link_in(mailbox.last(ADA), "unsubscribe")).text
    assert "Go to example.org</a>" in page, "of whom the list is: its privacy page's"
    assert home in client.get(link).text
    page = client.post(link_in(mailbox.last(BOB)), data={"action": "not-me"}, follow_redirects=True).text
    assert "Go to " in page
    assert f'href="/f/{form_id}"' in page
