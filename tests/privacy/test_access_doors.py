"""Who gets an access file by which door."""

import json
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.access.audit import AuditEntry
from signup.access.hidden_group import hide
from signup.access.operator import Role
from signup.access.session import OperatorSession
from signup.cli.main import main
from signup.fields.field import FieldGroup
from signup.ground.db import db, transaction
from tests.admin.cast import EDITH, post, signed_in
from tests.cast import subscription_of

pytestmark = pytest.mark.one_engine


def address_of(ada: str) -> str:
    return f"/admin/contacts/{subscription_of(ada).contact.uid}/access"  # type: ignore[union-attr]  # she is on the list


def made() -> list[AuditEntry]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == "access-file-made")))


def test_an_operator_gets_page_and_file_and_the_trail_names_no_address(
    opal: FlaskClient, ada: str, noise: None
) -> None:
    page = address_of(ada)
    assert "Access file" in opal.get(page.removesuffix("/access")).text
    assert opal.get(page).status_code == 200
    assert made() == [], "looking at the buttons gives nothing"
    packed = post(opal, page, {"as": "zip"})
    with ZipFile(BytesIO(packed.data)) as archive:
        told = json.loads(archive.read("my-data.json"))
    assert told["person"][0]["address"] == ada
    assert ada in post(opal, page, {"as": "page"}).text
    assert [entry.detail for entry in made()] == [{"format": "zip"}, {"format": "html"}]
    assert all(ada not in f"{entry.object}{entry.detail}" for entry in made())


def test_who_has_not_given_a_password_lately_is_asked_for_it(opal: FlaskClient, ada: str) -> None:
    page = address_of(ada)
    with transaction():
        session = db.session.scalars(select(OperatorSession)).one()
        session.proved_at = session.proved_at.replace(year=2020)
    assert "/admin/prove" in opal.get(page).location
    assert made() == []


def test_a_role_that_does_not_see_every_list_and_field_gets_none(app: Flask, ada: str) -> None:
    page, entry = address_of(ada), subscription_of(ada)
    assert entry
    edith = signed_in(app, EDITH)
    assert edith.get(page).status_code == 403, "she may not export"
    with transaction():
        db.session.execute(db.text("UPDATE operator SET may_export = true"))
    assert edith.get(page).status_code == 200
    with transaction():
        hide(Role.EDITOR, [FieldGroup.ANALYSIS])
    assert edith.get(page).status_code == 403
    assert "Access file" not in edith.get(page.removesuffix("/access")).text
    with transaction():
        hide(Role.EDITOR, [])
        db.session.execute(db.text("UPDATE operator SET every_list = false"))
    assert edith.get(page).status_code in {403, 404}


def test_the_console_writes_a_file_that_only_its_owner_reads(app: Flask, ada: str, tmp_path: Path) -> None:
    for ending, begins in ((".json", b"{"), (".html", b"<!doctype"), (".zip", b"PK")):
        out = tmp_path / f"ada{ending}"
        done = CliRunner().invoke(main, ["access", ada.upper(), "--out", str(out)], obj=lambda: app)
        assert done.exit_code == 0, done.output
        assert out.read_bytes().startswith(begins)
        assert out.stat().st_mode & 0o777 == 0o600
    shown = CliRunner().invoke(main, ["access", ada], obj=lambda: app)
    assert json.loads(shown.stdout)["person"][0]["address"] == ada
    assert [entry.detail["format"] for entry in made()] == ["json", "html", "zip", "json"]


def test_the_console_says_when_nobody_has_the_address(app: Flask, eve: str) -> None:
    done = CliRunner().invoke(main, ["access", eve], obj=lambda: app)
    assert (done.exit_code, eve in done.output) == (1, False)
    wrong = CliRunner().invoke(main, ["access", eve, "--out", "eve.pdf"], obj=lambda: app)
    assert wrong.exit_code == 2
