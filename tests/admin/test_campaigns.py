"""The pages of campaigns: written beside a preview, checked, let go, paused; each operator only to their own lists."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.automations.automation import Automation
from signup.campaigns import build, tend
from signup.campaigns.campaign import Campaign, CampaignLink, CampaignState
from signup.consent.mailing_list import MailingList
from signup.ground.db import db
from tests.admin.cast import OPAL, actions, post, signed_in
from tests.campaigns.campaign_cast import begin, make_campaign, now_of, people, states
from tests.cast import Mailbox, drain, make_list

LETTER = {"name": "Spring", "subject": "News", "body": 'Hello {{ first_name | "there" }}', "layout": "news"}


@pytest.fixture
def letter(app: Flask, mailbox: Mailbox) -> MailingList:
    made = make_list(postal_address="1 Road, Town")
    people(made, 3)
    people(made, 2, "pending")
    return made


@pytest.fixture
def opal(app: Flask) -> FlaskClient:
    return signed_in(app, OPAL)


def typed(of: MailingList, **more: Any) -> dict[str, Any]:
    return LETTER | {"list_id": of.id, "segment_id": 0} | more


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.text


def stored() -> Campaign:
    db.session.rollback()
    found = db.session.scalar(select(Campaign).order_by(Campaign.id.desc()).limit(1))
    assert found
    return found


def test_from_nothing_to_sent(app: Flask, opal: FlaskClient, mailbox: Mailbox, letter: MailingList) -> None:
    assert "No campaigns yet" in page(opal, "/admin/campaigns")
    saved = post(opal, "/admin/campaigns/new", typed(letter))
    here = f"/admin/campaigns/{stored().uid}"
    assert saved.location == here
    shown = page(opal, here)
    assert "must be mended" not in shown
    assert re.search(r"<b>.*3.*</b> people", shown)
    assert "have not confirmed" in shown
    asked = page(opal, f"{here}/send")
    assert "Send to 3 people" in asked
    assert post(opal, f"{here}/send", {"when": "now"}).location == here
    build.build_due()
    drain(app)
    tend.tend()
    assert len(mailbox.mails()) == 3
    assert "What people did" in page(opal, here)
    assert {"campaign-added", "campaign-scheduled"} <= set(actions(app))


def test_what_blocks_it_is_said_and_it_does_not_go(opal: FlaskClient, letter: MailingList) -> None:
    post(opal, "/admin/campaigns/new", typed(letter, body="Hello {{ first_name }}"))
    here = f"/admin/campaigns/{stored().uid}"
    assert "must be mended" in page(opal, here)
    post(opal, f"{here}/send", {"when": "now"})
    assert stored().state == CampaignState.DRAFT


def test_a_time_that_has_passed_or_is_none_is_refused(opal: FlaskClient, letter: MailingList) -> None:
    campaign = make_campaign(letter)
    here = f"/admin/campaigns/{campaign.uid}"
    for at in ("2020-01-01T10:00", "soon", ""):
        assert post(opal, f"{here}/send", {"when": "later", "at": at}).status_code == 422
    assert post(opal, f"{here}/send", {"when": "later", "at": "2036-01-01T10:00"}).status_code == 303
    assert stored().state == CampaignState.SCHEDULED
    assert "It goes on" in page(opal, here)
    post(opal, f"{here}/move", {"do": "unschedule"})
    assert stored().state == CampaignState.DRAFT


def test_it_is_paused_and_goes_on(app: Flask, opal: FlaskClient, mailbox: Mailbox, letter: MailingList) -> None:
    campaign = make_campaign(letter)
    here = f"/admin/campaigns/{campaign.uid}"
    begin(campaign)
    post(opal, f"{here}/move", {"do": "pause"})
    tend.tend()
    assert states(campaign) == {"held": 3}
    assert "It is paused" in page(opal, here)
    post(opal, f"{here}/move", {"do": "resume"})
    tend.tend()
    drain(app)
    assert states(campaign) == {"sent": 3}
    post(opal, f"{here}/move", {"do": "explode"})
    assert now_of(campaign).state in {CampaignState.SENDING, CampaignState.SENT}


def test_the_letter_can_no_longer_be_changed_once_it_goes(opal: FlaskClient, letter: MailingList) -> None:
    campaign = make_campaign(letter, body="[Read](https://example.org/more)")
    begin(campaign)
    here = f"/admin/campaigns/{campaign.uid}"
    post(opal, f"{here}/edit", typed(letter, subject="Other"))
    assert stored().subject == "News"
    post(opal, f"{here}/delete")
    assert stored().id == campaign.id
    assert list(db.session.scalars(select(CampaignLink.url))) == ["https://example.org/more"]
    copied = post(opal, f"{here}/copy")
    assert stored().name == "Spring, copy"
    assert copied.location == f"/admin/campaigns/{stored().uid}/edit"


def test_the_preview_shows_what_is_typed_and_runs_nothing(opal: FlaskClient, letter: MailingList) -> None:
    body = "# Big\n\n<script>alert(1)</script> {{ 7*7 }}"
    shown = post(opal, "/admin/campaigns/preview", typed(letter, body=body))
    assert "<h1" in shown.text
    assert "<script" not in shown.text
    assert "{{ 7*7 }}" in shown.text
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    as_text = post(opal, "/admin/campaigns/preview", typed(letter, body=body, preview_text="1"))
    assert "alert(1)" in as_text.text
    assert "<script" not in as_text.text
    assert db.session.scalar(select(Campaign.id)) is None


def test_a_test_goes_to_the_operator(app: Flask, opal: FlaskClient, mailbox: Mailbox, letter: MailingList) -> None:
    campaign = make_campaign(letter)
    post(opal, f"/admin/campaigns/{campaign.uid}/test")
    drain(app)
    assert mailbox.last(OPAL)["Subject"] == "[Test] News"


def test_an_operator_of_another_list_sees_and_sends_nothing_of_it(app: Flask, letter: MailingList) -> None:
    other = make_list("other", name="Other")
    campaign = make_campaign(letter)
    client = signed_in(app, "edith@example.org", lists=[other.id])
    assert "Spring" not in client.get("/admin/campaigns").text
    for path in ("", "/letter", "/edit", "/send"):
        assert client.get(f"/admin/campaigns/{campaign.uid}{path}").status_code in {403, 404}
    for path in ("/send", "/move", "/test", "/copy", "/delete"):
        assert post(client, f"/admin/campaigns/{campaign.uid}{path}", {"do": "cancel"}).status_code in {403, 404}
    assert post(client, "/admin/campaigns/preview", typed(letter)).status_code in {403, 404}
    answer = post(client, "/admin/campaigns/new", typed(letter))
    assert answer.status_code in {403, 404, 422}
    assert stored().id == campaign.id


def test_an_automation_is_written_and_turned_on(opal: FlaskClient, letter: MailingList) -> None:
    here = "/admin/lists/the-letter/automations"
    assert page(opal, here).count("Turn on") == 4
    words = {"delay_days": 5, "field": "", "subject": "How was it?", "body": "Hello", "preheader": ""}
    for wrong in ({"body": '{{ shoe_size | "x" }}'}, {"subject": "{{ first_name }}"}, {"preheader": "{{ 7*7 }}"}):
        assert post(opal, f"{here}/follow-up", words | wrong).status_code == 422
    assert post(opal, f"{here}/follow-up", words).location == here
    post(opal, f"{here}/follow-up/switch", {"on": "1"})
    assert automation() == ("follow-up", 5, True)
    assert post(opal, f"{here}/birthday/switch", {"on": "1"}).location == f"{here}/birthday"
    post(opal, f"{here}/follow-up/switch")
    assert automation() == ("follow-up", 5, False)


def automation() -> tuple[str, int, bool]:
    """The only one, as the database has it."""
    db.session.rollback()
    one = db.session.scalars(select(Automation)).one()
    return one.kind, one.delay_days, one.is_on
