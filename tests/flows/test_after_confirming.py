"""What a form's owner says and where visitors go once they have confirmed: by link, by code, for a script."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from signup.forms.question import Question
from signup.forms.texts import FormTexts
from tests.cast import ADA, BLOG, BOB, Mailbox, code_in, definition, drain, link_in, make_form, make_list, sign_up

pytestmark = pytest.mark.one_engine

THERE = "https://shop.example.org/welcome?from=mail"
LATER = Question(key="town", type="text", label="Town", is_later=True)


def confirmed(app: Flask, client: FlaskClient, mailbox: Mailbox, public_id: str, address: str, **more: object) -> str:
    """Sign up and press the button; where the browser is sent."""
    assert sign_up(client, public_id, address, **more).status_code == 202
    drain(app)
    link = link_in(mailbox.last(address))
    page = client.get(link)
    assert "form-action 'self' https://shop.example.org" in page.headers["Content-Security-Policy"]
    done = client.post(link)
    assert done.status_code == 303
    return str(done.location)


def test_who_confirms_goes_to_the_owners_page_and_an_old_link_to_ours(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form = make_form(magnet=False, confirmed_url=THERE, confirmed_text="See you\non Friday <b>", thanks_url=THERE)
    answer = sign_up(client, form.public_id, BOB).get_json()
    assert answer["url"] == THERE
    then = confirmed(app, client, mailbox, form.public_id, ADA)
    leads = client.get(then)
    assert (leads.status_code, leads.location) == (303, THERE)
    later = client.get(then.partition("?")[0])
    assert later.status_code == 200
    assert "See you\non Friday &lt;b&gt;" in later.text
    assert f'<a class="button" href="{THERE}">Continue to shop.example.org</a>' in later.text

    mail = mailbox.last(BOB)
    told = client.post(
        f"/f/{form.public_id}/code",
        json={"signup": answer["signup"], "code": code_in(mail)},
        headers={"Accept": "application/json", "Origin": BLOG},
    ).get_json()
    assert (told["status"], told["url"], told["text"]) == ("confirmed", THERE, "See you\non Friday <b>")


def test_what_is_given_or_asked_comes_before_the_owners_page(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    gives = make_form(confirmed_url=THERE)
    asks = make_form(make_list("b"), magnet=False, confirmed_url=THERE, fields=(LATER,))
    for form, address, shown in ((gives, ADA, "Download"), (asks, BOB, "Town")):
        page = client.get(confirmed(app, client, mailbox, form.public_id, address))
        assert page.status_code == 200
        assert shown in page.text
        assert "Continue to shop.example.org" in page.text


def test_another_language_has_its_own_words_and_page(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    french = FormTexts(
        title="La Lettre",
        wording="Je souhaite recevoir The Letter par e-mail. Je peux me désinscrire à tout moment.",
        confirmed_text="À vendredi",
        confirmed_url="https://shop.example.org/fr",
    )
    form = make_form(magnet=False, confirmed_url=THERE, confirmed_text="Until Friday", translations={"fr": french})
    then = confirmed(app, client, mailbox, form.public_id, ADA, lang="fr")
    assert client.get(then).location == "https://shop.example.org/fr"
    assert "À vendredi" in client.get(then.partition("?")[0]).text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.example.org", "ftp://example.org"])
def test_a_page_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="https://"):
        definition(confirmed_url=url)
