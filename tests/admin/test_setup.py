"""Objectives before anything else: ranked, dated, few; they propose fields and lead the overview."""

import json

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from signup.admin.fields import field_words
from signup.cli import fields as fields_command
from signup.fields import objective
from signup.fields.field import Field, active
from signup.fields.field_preset import PRESETS
from signup.ground.db import db, transaction
from tests.admin.cast import EDITH, actions, add_contact, post, sign_in, signed_in
from tests.cast import make_form

PROSPECT = {"main": "prospect", "second": "loyalty", "audience": "companies"}


def test_objectives_are_asked_first_and_few_fields_follow_each_with_its_decision(app: Flask) -> None:
    client = signed_in(app)
    assert "Say what your contacts are for" in client.get("/admin/").text
    assert client.get("/admin/setup/fields").location == "/admin/setup"
    for wrong in (
        {"main": ""},
        {"second": "prospect"},
        {"second": "", "third": "sell"},
        {"third": "loyalty"},
        {"third": "own"},
        {"main": ["prospect", "sell"], "second": ["loyalty", "sell"], "third": "loyalty"},
    ):
        assert post(client, "/admin/setup", PROSPECT | wrong).status_code == 422, wrong
    assert post(client, "/admin/setup", PROSPECT).location == "/admin/setup/fields"
    page = client.get("/admin/setup/fields").text
    offered = [key for key in PRESETS if f'name="field" value="{key}"' in page]
    assert {"company", "function", "headcount"} <= set(offered)
    assert len(offered) <= 8
    assert all(str(field_words.DECISIONS[key]) in page for key in offered)
    chosen = {"field": ["company", "headcount", "made_up"], "decision_company": "Who belongs together"}
    for _twice in range(2):
        assert post(client, "/admin/setup/fields", chosen).location == "/admin/contacts/fields"
    found = {one.key: one for one in active()}
    assert set(found) == {"company", "headcount"}
    assert (found["company"].decision, found["company"].objective) == ("Who belongs together", "prospect")
    assert found["headcount"].is_undecided  # accepted, and its decision struck out: allowed, and flagged
    assert [one["value"] for one in found["headcount"].options][-1] == "500+"
    assert found["company"].labels["fr"] == "Entreprise"
    assert "Add a purpose" in client.get("/admin/contacts/fields/advice").text
    assert actions(app).count("field-added") == 2


def test_objectives_change_with_a_history_and_the_overviews_first_figure(app: Flask) -> None:
    client = signed_in(app)
    form = make_form(magnet=False)
    with transaction():
        add_contact(form.list, "ada@example.org", "Ada")
    leads = {
        "communicate": "Confirmed contacts",
        "prospect": "New in this period",
        "sell": "Incentives taken",
        "loyalty": "Retained on the lists",
        "sell-more": "Fields filled",
    }
    for main, title in leads.items():
        post(client, "/admin/setup", {"main": main, "audience": "people"})
        page = client.get("/admin/").text
        first = page.partition('<section class="tiles"')[2].partition("</h2>")[0]
        assert title in first, main
    post(client, "/admin/setup", {"main": "own", "own": "Win volunteers", "audience": "people"})
    done = app.test_cli_runner().invoke(fields_command.objectives, ["--json"], obj=lambda: app)
    facts = json.loads(done.stdout)
    assert (facts["main"], facts["own"], facts["others"]) == ("own", "Win volunteers", [])
    assert [one.main for one in objective.history()] == ["own", *reversed(leads)]
    for ranked in (["sell", "sell"], ["sell", "loyalty", "loyalty"], ["sell", "", "loyalty"], ["fun"], ["own"]):
        with pytest.raises(IntegrityError), transaction():
            objective.choose(ranked, "", "people", "console")
    with transaction():
        held = objective.choose(["own"], "Win volunteers", "people", "console")
    assert held.id == objective.history()[0].id
    assert db.session.get(Field, 1) is None
    assert "Win volunteers" in client.get("/admin/setup").text
    assert sign_in(client, EDITH).status_code == 422
