import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from signup.forms.form import Form, FormVersion
from signup.ground.db import db
from tests.admin.cast import EDITH, OPAL, actions, post, signed_in
from tests.cast import make_form, make_list

QUESTION = {"questions-0-label": "First name", "questions-0-type": "text"}
WORDING = "I would like to get The Letter by e-mail. I can leave at any time."


def typed(list_id: int, **more: Any) -> dict[str, Any]:
    return {
        "name": "Footer",
        "mailing_list": list_id,
        "language": "en",
        "title": "Get The Letter",
        "wording": WORDING,
        "opt_in": "double",
        "lead_magnet_id": 0,
        "kind": "signup",
        "reminders": 1,
        "appearance-mode": "inline",
        "do": "publish",
    } | more


def make_one(app: Flask) -> int:
    return make_list().id


def saved(app: Flask) -> Form:
    form = db.session.scalars(select(Form)).one()
    assert form.version is not None
    return form


def versions(app: Flask) -> int:
    return db.session.scalar(select(func.count(FormVersion.id))) or 0


def test_a_new_form_starts_from_defaults_that_can_be_published(app: Flask) -> None:
    list_id = make_one(app)
    client = signed_in(app, EDITH)
    page = client.get("/admin/forms/new?preset=newsletter").text
    assert "The Letter” by email from Example Press" in page
    answer = post(client, "/admin/forms/new", typed(list_id, **QUESTION))
    form = saved(app)
    assert answer.location == f"/admin/forms/{form.public_id}"
    assert [field.key for field in form.version.definition.fields] == ["first_name"]
    assert actions(app)[-1] == "form-added"


def test_a_new_form_speaks_its_lists_language_and_the_page_the_operators(app: Flask) -> None:
    make_list(language="de")
    page = signed_in(app, EDITH).get("/admin/forms/new?preset=newsletter").text
    assert "Ich möchte „The Letter“ von Example Press per E\u2011Mail erhalten." in page
    assert 'value="Vorname"' in page
    assert "Questions" in page


def test_every_language_of_a_form_is_named_and_the_operators_two_are_offered(app: Flask) -> None:
    make_form(make_list(language="de"), language="de")
    client = signed_in(app)
    for path in ("/admin/lists", "/admin/forms"):
        page = client.get(path).text
        assert ">Deutsch</td>" in page
        assert set(re.findall(r'<button name="language" value="(..)"', page)) == {"en", "fr"}


def test_without_a_list_the_way_leads_to_a_new_list(app: Flask) -> None:
    assert signed_in(app).get("/admin/forms/new").location == "/admin/lists/new"


def test_every_change_makes_a_version_and_no_change_makes_none(app: Flask) -> None:
    list_id = make_one(app)
    client = signed_in(app)
    post(client, "/admin/forms/new", typed(list_id))
    path = f"/admin/forms/{saved(app).public_id}"
    post(client, path, typed(list_id, title="Another title"))
    post(client, path, typed(list_id, title="Another title"))
    assert versions(app) == 2
    assert saved(app).version.definition.title == "Another title"


def test_options_are_read_from_lines_and_survive_an_edit(app: Flask) -> None:
    list_id = make_one(app)
    client = signed_in(app)
    question = {
        "questions-0-label": "Topics",
        "questions-0-type": "multi",
        "questions-0-options": "Thé vert\ngarden = My garden",
    }
    post(client, "/admin/forms/new", typed(list_id, **question))
    form = saved(app)
    assert [(o.value, o.label) for o in form.version.definition.fields[0].options] == [
        ("the-vert", "Thé vert"),
        ("garden", "My garden"),
    ]
    page = client.get(f"/admin/forms/{form.public_id}").text
    assert "the-vert = Thé vert\ngarden = My garden" in page


def test_rows_are_added_moved_and_removed_without_saving_or_script(app: Flask) -> None:
    list_id = make_one(app)
    client = signed_in(app)
    rows = {
        "questions-0-label": "One",
        "questions-1-label": "Two",
        "questions-0-type": "text",
        "questions-1-type": "text",
    }
    assert 'name="questions-2-label"' in post(client, "/admin/forms/new", typed(list_id, do="add", **rows)).text
    moved = post(client, "/admin/forms/new", typed(list_id, do="up:1", **rows)).text
    assert moved.index('value="Two"') < moved.index('value="One"')
    assert 'value="One"' not in post(client, "/admin/forms/new", typed(list_id, do="remove:0", **rows)).text
    assert versions(app) == 0


def wrong(client: FlaskClient, list_id: int, message: str, **more: Any) -> None:
    answer = post(client, "/admin/forms/new", typed(list_id, **more))
    assert answer.status_code == 422, more
    assert message in answer.text, more


def test_mistakes_are_told_beside_their_field_and_nothing_is_saved(app: Flask) -> None:
    list_id = make_one(app)
    client = signed_in(app)
    wrong(client, list_id, "Fill in this field", title="")
    wrong(client, list_id, "full sentence", wording="Yes")
    wrong(client, list_id, "is not a website", allowed_origins="https://example.org/path")
    wrong(client, list_id, "full web address", thanks_url="javascript:alert(1)")
    wrong(client, list_id, "at least one option", **{"questions-0-label": "A", "questions-0-type": "choice"})
    wrong(
        client,
        list_id,
        "The form itself uses this key",
        **{"questions-0-label": "A", "questions-0-key": "email", "questions-0-type": "text"},
    )
    twice = {
        f"questions-{n}-{name}": value
        for n in (0, 1)
        for name, value in (("label", "Same"), ("type", "text"), ("key", ""))
    }
    wrong(client, list_id, "same key", **twice)
    wrong(client, list_id, "Please give a reason", opt_in="single")
    assert versions(app) == 0


def test_single_opt_in_needs_a_reason_and_an_administrator(app: Flask) -> None:
    list_id = make_one(app)
    single = typed(list_id, opt_in="single", single_reason="Staff list")
    refused = post(signed_in(app, EDITH), "/admin/forms/new", single)
    assert "Only an administrator" in refused.text
    assert post(signed_in(app, OPAL), "/admin/forms/new", single).status_code == 303
    assert saved(app).version.definition.single_reason == "Staff list"


def test_the_preview_shows_what_is_typed_and_saves_nothing(app: Flask) -> None:
    list_id = make_one(app)
    client = signed_in(app)
    answer = post(client, "/admin/forms/preview", typed(list_id, title="Only typed"))
    assert "Only typed" in answer.text
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert versions(app) == 0


def test_the_snippet_and_the_versions_are_shown(app: Flask) -> None:
    form = make_form(magnet=False)
    client = signed_in(app)
    assert f"/f/{form.public_id}" in client.get(f"/admin/forms/{form.public_id}/snippet").text
    assert "The console" in client.get(f"/admin/forms/{form.public_id}/versions").text


def test_a_form_is_closed_and_opened_again(app: Flask) -> None:
    form = make_form(magnet=False)
    client = signed_in(app)
    for is_closed in (True, False):
        post(client, f"/admin/forms/{form.public_id}/archive")
        assert (saved(app).archived_at is not None) == is_closed
