from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from signup.consent.snapshot import Snapshot
from signup.forms.form import Definition, Form
from signup.ground.db import db
from signup.ground.i18n import speaking
from signup.mailer import compose, own_text
from signup.mailer.mail_template import OwnMail
from signup.mailer.message_kind import MessageKind
from signup.mailer.own_text import MailText
from tests.admin.cast import EDITH, OPAL, actions, post, signed_in
from tests.cast import ADA, FRENCH, Mailbox, drain, make_form, make_list, sign_up, text_of

pytestmark = pytest.mark.one_engine

BODY = "Good day,\n\none step is left:\n\n{{ link }}\n\nOr type {{ code }}."


def make_one(app: Flask, **more: Any) -> str:
    return make_form(magnet=False, **more).public_id


def definition_of(app: Flask) -> Definition:
    return db.session.scalars(select(Form)).one().version.definition


def typed(client: FlaskClient, form_id: str, language: str = "en", **changes: str) -> dict[str, str]:
    """What the page's inputs hold, with some of it changed."""
    with client.application.test_request_context(), speaking(language):
        values = {
            f"{kind}-{part}": getattr(own_text.starter(kind), part)
            for kind in ("confirm", "welcome")
            for part in ("subject", "body", "button")
        }
    return values | {name.replace("_", "-"): value for name, value in changes.items()} | {"do": "save"}


def test_what_an_operator_writes_is_what_visitors_get(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    form_id = make_one(app)
    opal = signed_in(app)
    page = f"/admin/forms/{form_id}/mails"
    assert "Someone entered this address to receive" in opal.get(page).text
    saved = post(opal, page, typed(opal, form_id, confirm_subject="One step left for {{ list }}", confirm_body=BODY))
    assert saved.status_code == 303
    assert definition_of(app).mails["en"]["confirm"].button == ""
    assert "welcome" not in definition_of(app).mails["en"]  # as shipped: it follows the shipped text
    assert sign_up(client, form_id, ADA).status_code == 202
    drain(app)
    mail = mailbox.last(ADA)
    assert mail["Subject"] == "One step left for The Letter"
    assert "one step is left:" in text_of(mail)
    # what was sent stays part of the proof
    kept = db.session.scalars(select(Snapshot.content).where(Snapshot.kind == "mail")).all()
    assert any("one step is left:" in content for content in kept)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"confirm_body": "No way on."}, "The text needs {{ link }}"),
        ({"confirm_body": "{{ link }} {{ token }}"}, "“token” is not a placeholder."),
        ({"confirm_body": "{{ link }} {% for i in range(9) %}x{% endfor %}"}, "use no other braces"),
        ({"confirm_body": "{{ link }} {{ ''.__class__ }}"}, "use no other braces"),
        ({"confirm_body": "{{ link }} {# hidden #}"}, "use no other braces"),
        ({"confirm_subject": "{{ code }}"}, "“code” is not a placeholder."),
        ({"confirm_subject": "one\ntwo"}, "Enter this on one line."),
        ({"welcome_subject": "x" * 151}, "Use 150 characters or fewer"),
        ({"welcome_body": "x" * 5001}, "Use 5000 characters or fewer"),
    ],
)
def test_a_text_that_makes_no_mail_is_refused_where_it_was_written(
    app: Flask, changes: dict[str, str], message: str
) -> None:
    form_id = make_one(app)
    opal = signed_in(app)
    answer = post(opal, f"/admin/forms/{form_id}/mails", typed(opal, form_id, **changes))
    assert answer.status_code == 422
    assert message.replace("{", "{") in answer.text
    assert definition_of(app).mails == {}


def test_the_preview_shows_what_is_typed_as_html_and_as_text(app: Flask) -> None:
    form_id = make_one(app)
    opal = signed_in(app)
    path = f"/admin/forms/{form_id}/mails/en/confirm/preview"
    html = post(opal, path, typed(opal, form_id, confirm_body=BODY + "\n\n<script>alert(1)</script>"))
    assert "one step is left:" in html.text
    assert "&lt;script&gt;" in html.text
    assert html.headers["Content-Security-Policy"].endswith("sandbox")
    text = post(opal, path, typed(opal, form_id, confirm_body=BODY) | {"as": "text"})
    assert "Or type 246810." in text.text
    assert "is not a placeholder" in post(opal, path, typed(opal, form_id, confirm_body="{{ x }} {{ link }}")).text
    assert "246810" in opal.get(path).text


def test_each_language_has_its_own_and_starts_from_its_own(app: Flask) -> None:
    form_id = make_one(app, translations={"fr": FRENCH})
    opal = signed_in(app)
    assert "Bonjour" in opal.get(f"/admin/forms/{form_id}/mails/fr").text
    changed = typed(opal, form_id, "fr", confirm_subject="Un clic encore")
    assert post(opal, f"/admin/forms/{form_id}/mails/fr", changed).status_code == 303
    assert list(definition_of(app).mails) == ["fr"]
    assert definition_of(app).mails["fr"]["confirm"] == MailText(subject="Un clic encore")
    assert post(opal, f"/admin/forms/{form_id}/mails/fr", typed(opal, form_id, "fr")).status_code == 303
    assert definition_of(app).mails == {}  # back to the shipped text, nothing of it is kept
    assert opal.get(f"/admin/forms/{form_id}/mails/de").status_code == 404


def test_a_test_mail_goes_to_the_operator_alone_and_is_written_down(app: Flask, mailbox: Mailbox) -> None:
    form_id = make_one(app)
    edith = signed_in(app, EDITH)
    values = typed(edith, form_id, confirm_body=BODY, confirm_button="Go on") | {"do": "test:confirm"}
    page = post(edith, f"/admin/forms/{form_id}/mails", values)
    assert "on its way to edith@example.org" in page.text
    assert "one step is left:" in page.text  # nothing typed is lost
    drain(app)
    assert [mail["Delivered-To"] for mail in mailbox.mails()] == [EDITH]
    mail = mailbox.last(EDITH)
    assert mail["Subject"] == "[Test] Please confirm: The Letter"
    assert "one step is left:" in text_of(mail)
    assert "List-Unsubscribe" not in mail
    assert actions(app)[-1] == "test-mail-sent"
    assert definition_of(app).mails == {}


def test_only_who_may_edit_forms_sees_their_mails(app: Flask) -> None:
    form_id = make_one(app)
    assert signed_in(app, "vic@example.org").get(f"/admin/forms/{form_id}/mails").status_code == 403
    assert signed_in(app, OPAL).get(f"/admin/forms/{form_id}/mails").status_code == 200


@given(body=st.text(alphabet=st.sampled_from("{}%#[]<>&\"' \nabc"), max_size=60), name=st.text(max_size=20))
def test_whatever_is_written_is_refused_or_said_as_it_stands(context: Flask, body: str, name: str) -> None:
    own = MailText(body=f"{body}\n\n{{{{ link }}}}")
    if own_text.problems("confirm", own):
        return
    mailing_list = context.extensions.get("test.list") or make_list()
    context.extensions["test.list"] = mailing_list
    values = {"token": name, "code": name}
    mail = compose.preview(MessageKind.CONFIRM, "en", mailing_list, OwnMail(own), values)
    words = " ".join(own.body.replace("{{ link }}", "").split())
    assert " ".join(mail.text.split()).startswith(words)
    assert "<script" not in mail.html


@pytest.mark.parametrize("body", ["{{{ link }}}", "{{{ link }", "{{ link }}}", "{%", "{{ link", "{# {{ link }}"])
def test_braces_that_make_no_mail_are_told_in_preview_and_when_saved(app: Flask, body: str) -> None:
    client = signed_in(app, EDITH)
    path = f"/admin/forms/{(form_id := make_one(app))}/mails/en"
    given_texts = typed(client, form_id, **{"confirm-body": body})
    shown = post(client, f"{path}/confirm/preview", given_texts)
    assert (shown.status_code, "No preview yet" in shown.text) == (200, True)
    assert post(client, path, given_texts).status_code == 422
