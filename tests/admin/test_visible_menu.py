"""The menu: made from the sections, in their order, for what the operator may open; a page lights its entry."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from signup.access.operator import Operator
from signup.admin.blueprint import menu
from signup.ground.db import db, transaction
from tests.admin.cast import EDITH, OPAL, signed_in

pytestmark = pytest.mark.one_engine
LIT = re.compile(r'<li(?: class="below")?><a href="([^"]+)" aria-current="([^"]+)"')


def test_every_page_lights_an_entry_that_is_in_the_menu_or_none() -> None:
    names = {entry.endpoint for entry in menu.entries}
    assert set(menu.lights.values()) <= names | {""}
    assert {name for name in names if menu.lights[name] == name} == names
    assert len({entry.order for entry in menu.entries}) == len(names)


def test_the_menu_shows_what_the_operator_may_open_in_the_order_of_the_sections(app: Flask) -> None:
    entries = re.compile(r'<li(?: class="below")?><a href="(/admin/[^"]*)"')
    seen = {who: list(dict.fromkeys(entries.findall(signed_in(app, who).get("/admin/").text))) for who in (OPAL, EDITH)}
    assert seen[OPAL] == [
        f"/admin/{name}"
        for name in (
            *("", "contacts", "segments", "lists", "forms", "forms/incentives"),
            *("campaigns", "exports", "consent", "outbox", "settings"),
        )
    ]
    assert [path for path in seen[OPAL] if path not in seen[EDITH]] == ["/admin/campaigns", "/admin/exports"]


def test_who_may_only_import_finds_the_imports_where_others_find_the_exports(app: Flask) -> None:
    edith = signed_in(app, EDITH)
    with transaction():
        db.session.execute(update(Operator).where(Operator.address_key == EDITH).values(may_import=True))
    page = edith.get("/admin/contacts/imports").text
    assert LIT.findall(page)[0] == ("/admin/contacts/imports", "page")
    assert 'href="/admin/exports"' not in page


@pytest.mark.parametrize(
    ("path", "entry", "how"),
    [
        ("/admin/", "/admin/", "page"),
        ("/admin/contacts/duplicates", "/admin/contacts", "true"),
        ("/admin/forms/tills", "/admin/forms", "true"),
        ("/admin/consent/wordings", "/admin/consent", "true"),
        ("/admin/outbox/protection", "/admin/outbox", "true"),
        ("/admin/settings/audit", "/admin/settings", "true"),
        ("/admin/setup", "/admin/settings", "true"),
    ],
)
def test_a_page_lights_the_entry_that_it_belongs_to(app: Flask, path: str, entry: str, how: str) -> None:
    assert set(LIT.findall(signed_in(app).get(path).text)) == {(entry, how)}


def test_the_manual_and_the_question_for_the_password_light_none(app: Flask, opal: FlaskClient) -> None:
    for path in ("/admin/help/people", "/admin/prove"):
        assert not LIT.findall(opal.get(path).text)
