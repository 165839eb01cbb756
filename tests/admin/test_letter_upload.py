"""Pictures for a letter, from the editor's page or its script; and what its list and its page say."""

import re
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select

from signup.admin.campaigns import letter_upload
from signup.campaigns import letter_picture
from signup.campaigns.campaign import Campaign
from signup.consent.mailing_list import MailingList
from signup.forms.looks.picture import Picture
from signup.ground.db import db
from tests.admin.cast import OPAL, VIC, actions, post, signed_in
from tests.admin.test_lists import NEW
from tests.campaigns.campaign_cast import begin, make_campaign, now_of, people
from tests.cast import Mailbox, make_list

pytestmark = pytest.mark.one_engine
UPLOAD = "/admin/campaigns/picture"


@pytest.fixture
def opal(app: Flask) -> FlaskClient:
    return signed_in(app, OPAL)


def a_picture(**more: Any) -> dict[str, Any]:
    out = BytesIO()
    Image.effect_noise((1_300, 900), 60).convert("RGB").save(out, "JPEG", quality=50)
    return {"picture_file": (BytesIO(out.getvalue()), "../../etc/x.svg"), "picture_alt": "A [press]"} | more


def typed(of: MailingList, **more: Any) -> dict[str, Any]:
    words = {"name": "Spring", "subject": "News", "body": "Hello", "layout": "magazine"}
    return words | {"list_id": of.id, "segment_id": 0} | more


def test_a_dropped_picture_is_kept_and_can_be_seen_by_everybody(app: Flask, opal: FlaskClient) -> None:
    told = post(opal, UPLOAD, a_picture()).get_json()
    found = re.fullmatch(
        r"!\[A \\\[press\\\]\]\(http://signup\.example\.org(/picture/[0-9a-f]{64}\.jpeg)\)", told["markdown"]
    )
    assert found
    shown = app.test_client().get(found[1])
    assert shown.mimetype == "image/jpeg"
    assert "immutable" in shown.headers["Cache-Control"]
    assert shown.headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_wrong_with_it_is_said(opal: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (letter_picture, letter_upload):
        monkeypatch.setattr(module, "MAX_UPLOAD", 1_000)
    svg = BytesIO(b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    for given, problem in (
        ({}, "Choose a picture."),
        (a_picture(picture_alt="  "), "Describe the picture"),
        ({"picture_file": (svg, "x.png"), "picture_alt": "x"}, "Use a PNG"),
        ({"picture_file": (BytesIO(b"\0" * 1_001), "x.png"), "picture_alt": "x"}, "larger than 10 MB"),
    ):
        answer = post(opal, UPLOAD, given)
        assert answer.status_code == 422
        assert problem in answer.get_json()["problem"]
    assert db.session.scalar(select(func.count()).select_from(Picture)) == 0


def test_who_may_not_write_campaigns_uploads_nothing(app: Flask) -> None:
    assert post(signed_in(app, VIC), UPLOAD, a_picture()).status_code == 403


def test_without_a_script_it_stands_at_the_end_of_what_is_typed_and_nothing_is_saved(
    app: Flask, opal: FlaskClient
) -> None:
    given = typed(make_list(), body="My words") | a_picture(do="picture")
    page = post(opal, "/admin/campaigns/new", given)
    assert page.status_code == 200
    assert re.search(r"My words\n\n!\[A \\\[press\\\]\]\(http", page.text)
    assert "It stands at the end of the text." in page.text
    assert db.session.scalar(select(Campaign.id)) is None


def test_saving_takes_a_chosen_picture_along(app: Flask, opal: FlaskClient) -> None:
    assert post(opal, "/admin/campaigns/new", typed(make_list()) | a_picture()).status_code == 303
    assert "![A" in db.session.scalars(select(Campaign.body)).one()


def test_a_picture_that_cannot_be_used_keeps_what_was_typed(app: Flask, opal: FlaskClient) -> None:
    given = typed(make_list(), body="My words") | a_picture(picture_alt="")
    page = post(opal, "/admin/campaigns/new", given)
    assert page.status_code == 422
    assert "Describe the picture" in page.text
    assert "My words" in page.text
    assert db.session.scalar(select(Campaign.id)) is None


def test_a_long_letter_is_taken(app: Flask, opal: FlaskClient) -> None:
    body = "word " * 30_000
    assert post(opal, "/admin/campaigns/new", typed(make_list(), body=body)).status_code == 303
    assert post(opal, "/admin/campaigns/new", typed(make_list("b"), body=body * 2)).status_code == 422


def test_a_list_says_where_replies_go_what_its_notice_is_and_whether_its_letters_are_shown(
    app: Flask, opal: FlaskClient
) -> None:
    more = {"reply_to": "answers@example.org", "legal_notice": "Press Ltd\nNo. 1", "archive_is_public": "y"}
    assert post(opal, "/admin/lists/new", NEW | more).status_code == 303
    of = db.session.scalars(select(MailingList)).one()
    assert (of.reply_to, of.legal_words, of.archive_is_public) == ("answers@example.org", "Press Ltd\nNo. 1", True)
    page = opal.get("/admin/lists/the-letter").text
    assert "http://signup.example.org/archive/the-letter" in page
    assert post(opal, "/admin/lists/the-letter", NEW | {"reply_to": "nobody"}).status_code == 422
    assert post(opal, "/admin/lists/the-letter", NEW | {"reply_to": "é@example.org"}).status_code == 422
    assert post(opal, "/admin/lists/the-letter", NEW).status_code == 303
    assert app.test_client().get("/archive/the-letter").status_code == 404


def test_a_letter_is_left_out_of_the_archive_and_shown_again_after_it_went(
    app: Flask, opal: FlaskClient, mailbox: Mailbox
) -> None:
    of = make_list(archive_is_public=True)
    people(of, 1)
    campaign = make_campaign(of, subject="Seen by all")
    begin(campaign)
    here = f"/admin/campaigns/{now_of(campaign).uid}"
    visitor = app.test_client()
    assert "Seen by all" in visitor.get("/archive/the-letter").text
    assert "/archive/the-letter/" in opal.get(here).text
    for what, is_shown in (("leave-out", False), ("take-in", True)):
        post(opal, f"{here}/move", {"do": what})
        assert ("Seen by all" in visitor.get("/archive/the-letter").text) is is_shown
    assert {"campaign-left-out", "campaign-taken-in"} <= set(actions(app))
