"""The page of the admin that says what is kept how long."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from signup.ground.jobs import win
from signup.imports import empty_import
from signup.privacy.retention import RETENTION
from tests.admin.cast import EDITH, signed_in
from tests.cast import make_list
from tests.imports.import_cast import people, take_in
from tests.privacy.moved_clock import pass_time

pytestmark = pytest.mark.one_engine
PAGE = "/admin/settings/retention"


def test_the_page_says_for_each_kind_of_data_how_long_how_much_and_when(opal: FlaskClient, ada: str) -> None:
    pass_time(timedelta(days=2), "message")
    for rule in RETENTION:
        assert win(rule.chore, rule.every)
    page = opal.get(PAGE).text
    assert all(f"<code>{rule.after.upper()}</code>" in page for rule in RETENTION if isinstance(rule.after, str))
    assert "13 months" in page
    assert "7 days" in page
    (forget,) = (rule for rule in RETENTION if rule.chore == "forget")
    row = page.partition("KEEP_MAIL_VALUES_DAYS")[2].partition("</tr>")[0]
    assert f">{forget.due()}<" in row
    assert "never" not in row
    assert opal.get(f"{PAGE}?x=1").status_code == 200


def test_an_editor_does_not_see_it(app: Flask) -> None:
    assert signed_in(app, EDITH).get(PAGE).status_code == 403


def test_an_import_whose_rows_are_gone_says_so_and_offers_no_undoing(opal: FlaskClient) -> None:
    run = take_in(people("ann"), make_list())
    page = f"/admin/contacts/imports/{run.uid}"
    assert "Undo this import" in opal.get(page).text
    pass_time(timedelta(days=400), "import_run")
    assert empty_import.empty_imports() == 1
    assert "Undo this import" not in opal.get(page).text
    assert "cannot be undone any more" in opal.get(page).text
