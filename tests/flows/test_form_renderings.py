"""The form as it was seen is kept: every page that was served can be shown again, whatever changed since."""

import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from signup.consent.mailing_list import MailingList
from signup.consent.snapshot import Snapshot, digest
from signup.forms import form_rendering
from signup.forms.form import Form
from signup.forms.form_rendering import FormRendering, Surface, shown_at
from signup.forms.live_form import forget_live_forms
from signup.forms.looks.appearance import Appearance, Colours
from signup.forms.stamp import test_stamp as stamp_for_a_test
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from tests.cast import BLOG, FRENCH, definition, make_form
from tests.proof import heat_up


def kept() -> list[FormRendering]:
    db.session.rollback()
    return list(db.session.scalars(select(FormRendering).order_by(FormRendering.id)))


def without_marks(page: str) -> str:
    """A served page with its marks in place again, as anybody can do it who holds a copy."""
    for name, mark in (("token", "__stamp__"), ("page", "__page__"), ("referrer", "__referrer__")):
        page = re.sub(rf'(name="{name}" value=")[^"]*"', rf'\g<1>{mark}"', page)
    return page


def publish(form_id: str, **more: Any) -> None:
    with transaction():
        db.session.scalars(select(Form).where(Form.public_id == form_id)).one().publish(definition(**more))
    forget_live_forms()


def process_starts(app: Flask) -> None:
    app.extensions.pop("signup.renderings", None)


def test_a_page_without_what_belongs_to_one_request_has_the_hash_that_was_kept(
    client: FlaskClient, form_id: str
) -> None:
    page = client.get(f"/f/{form_id}?src=poster", headers={"Referer": 'https://example.org/"><b>'}).text
    (one,) = kept()
    assert digest(without_marks(page)) == one.hash
    stored = db.session.get_one(Snapshot, one.hash).content
    assert "I would like to receive The Letter" in stored
    assert "poster" not in stored
    assert "<b>" not in page


def test_each_language_and_each_surface_is_kept_once_however_often_it_is_seen(app: Flask, client: FlaskClient) -> None:
    form_id = make_form(translations={"fr": FRENCH}).public_id
    for _again in range(3):
        for language in ("en", "fr"):
            for frame in ("", "&frame=1"):
                client.get(f"/f/{form_id}?lang={language}{frame}")
            client.get(f"/f/{form_id}/embed?lang={language}&mode=popup", headers={"Origin": BLOG})
        process_starts(app)
    surfaces = (Surface.PAGE, Surface.FRAME, Surface.SCRIPT)
    assert sorted((one.language, one.surface) for one in kept()) == sorted(
        (language, surface.value) for language in ("en", "fr") for surface in surfaces
    )


def test_what_the_script_draws_is_what_its_website_was_given(client: FlaskClient, form_id: str) -> None:
    given = client.get(f"/f/{form_id}/embed", headers={"Origin": BLOG}).get_json()
    (one,) = kept()
    shown = json.loads(db.session.get_one(Snapshot, one.hash).content)
    assert shown == {name: given[name] for name in shown}
    assert shown["consents"][0]["text"] == definition().wording
    assert "token" not in shown


def test_a_page_costs_no_query_once_it_is_kept(
    client: FlaskClient, form_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise AssertionError("a page that was kept before asks for no connection")

    client.get(f"/f/{form_id}")
    monkeypatch.setattr(form_rendering, "driver_connection", refuse)
    assert client.get(f"/f/{form_id}").status_code == 200


def test_what_changes_around_a_version_is_kept_too_and_what_is_changed_back_is_shown_again(
    app: Flask, client: FlaskClient, form_id: str
) -> None:
    for controller in ("Example Press", "Sold Press", "Example Press"):
        with transaction():
            db.session.execute(update(MailingList).values(controller=controller))
        forget_live_forms()
        client.get(f"/f/{form_id}")
    first, second, third = kept()
    assert (first.hash, first.form_version_id) == (third.hash, third.form_version_id)
    assert "Sold Press" in db.session.get_one(Snapshot, second.hash).content
    now = shown_at(first.form_version_id, "en", Surface.PAGE, utcnow())
    then = shown_at(first.form_version_id, "en", Surface.PAGE, second.at)
    assert (now and now.id, then and then.id) == (third.id, second.id)


def test_the_colours_are_kept_with_the_page(client: FlaskClient) -> None:
    form_id = make_form(appearance=Appearance(colours=Colours(accent="#aa0011"))).public_id
    client.get(f"/f/{form_id}")
    (one,) = kept()
    assert "#aa0011" in db.session.get_one(Snapshot, one.style_hash).content


def test_tests_attacks_and_mistakes_are_no_page_of_the_form(client: FlaskClient, form_id: str) -> None:
    client.get(f"/f/{form_id}?test={stamp_for_a_test(form_id)}")
    client.head(f"/f/{form_id}")
    client.post(f"/f/{form_id}", data={"email": "nobody"}, headers={"Origin": "http://signup.example.org"})
    heat_up()
    client.get(f"/f/{form_id}")
    assert kept() == []


@pytest.mark.parametrize("change", ["UPDATE form_rendering SET language = 'fr'", "DELETE FROM form_rendering"])
def test_the_database_refuses_to_change_what_was_shown(client: FlaskClient, form_id: str, change: str) -> None:
    client.get(f"/f/{form_id}")
    with pytest.raises(DBAPIError, match="append-only"), transaction():
        db.session.execute(text(change))


def test_a_database_that_keeps_nothing_keeps_nobody_from_the_page(
    client: FlaskClient, form_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(form_rendering, "_KEEP", "INSERT INTO nowhere VALUES (1)")
        assert client.get(f"/f/{form_id}").status_code == 200
    client.get(f"/f/{form_id}")
    assert len(kept()) == 1


def test_five_hundred_versions_later_each_page_is_what_was_served(
    client: FlaskClient, form_id: str, is_long: bool
) -> None:
    served = {}
    for n in range(500 if is_long else 25):
        publish(form_id, title=f"The Letter, {n}")
        page = client.get(f"/f/{form_id}").text
        (version_id,) = db.session.execute(select(Form.version_id).where(Form.public_id == form_id)).one()
        served[version_id] = digest(without_marks(page))
    assert {one.form_version_id: one.hash for one in kept()} == served
    for hash_ in served.values():
        assert digest(db.session.get_one(Snapshot, hash_).content) == hash_
    assert db.session.scalar(select(func.count()).select_from(FormRendering)) == len(served)
