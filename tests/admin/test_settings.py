import pyotp
from flask import Flask
from sqlalchemy import select

from signup.admin.operator import Operator, Role, change_rights, find_operator
from signup.consent.mailing_list import find_list
from signup.db import db, transaction
from tests.admin.cast import EDITH, OPAL, PASSWORD, VIC, actions, hire, post, sign_in, signed_in
from tests.cast import make_list

LIST = {
    "name": "The Letter",
    "slug": "the-letter",
    "language": "en",
    "sender_name": "The Letter",
    "sender_address": "letter@example.org",
    "controller": "Example Press",
    "privacy_url": "https://example.org/privacy",
}


def uid_of(app: Flask, address: str) -> str:
    with app.app_context():
        found = find_operator(address)
        assert found is not None
        return str(found.uid)


def test_an_invitation_shows_its_link_once(app: Flask) -> None:
    client = signed_in(app)
    page = post(client, "/admin/settings/operators/invite", {"address": EDITH, "role": "editor"}).text
    assert "http://signup.example.org/admin/ticket/" in page
    assert "/admin/ticket/" not in client.get("/admin/settings/operators").text
    again = post(client, "/admin/settings/operators/invite", {"address": EDITH.upper(), "role": "editor"})
    assert again.status_code == 422
    assert "already an operator" in again.text


def test_the_last_administrator_stays_one(app: Flask) -> None:
    client = signed_in(app)
    hire(app, EDITH)
    path = f"/admin/settings/operators/{uid_of(app, OPAL)}/rights"
    with app.app_context():
        opal = find_operator(OPAL)
        assert opal is not None
        prefix = f"o{opal.id}-"
    for data in ({f"{prefix}role": "viewer"}, {f"{prefix}role": "administrator", f"{prefix}disabled": "y"}):
        answer = post(client, path, data, follow_redirects=True)
        assert "last administrator" in answer.text
        assert client.get("/admin/settings/operators").status_code == 200


def test_with_another_administrator_the_first_may_go(app: Flask) -> None:
    hire(app, OPAL, EDITH)
    with app.app_context():
        with transaction():
            edith = find_operator(EDITH)
            assert edith is not None
            assert change_rights(edith, Role.ADMINISTRATOR, disabled=False, may_export=False)
        with transaction():
            opal = find_operator(OPAL)
            assert opal is not None
            assert change_rights(opal, Role.VIEWER, disabled=False, may_export=False)
            assert not change_rights(edith, Role.VIEWER, disabled=False, may_export=False)
        assert db.session.scalar(select(Operator.role).where(Operator.address_key == OPAL)) == Role.VIEWER


def test_a_disabled_operators_sessions_end(app: Flask) -> None:
    vic = signed_in(app, VIC)
    client = signed_in(app)
    with app.app_context():
        found = find_operator(VIC)
        assert found is not None
        prefix = f"o{found.id}-"
    data = {f"{prefix}role": "viewer", f"{prefix}disabled": "y"}
    post(client, f"/admin/settings/operators/{uid_of(app, VIC)}/rights", data)
    assert vic.get("/admin/").status_code == 302
    assert actions(app)[-1] == "operator-changed"


def test_a_second_factor_is_set_up_with_a_code_and_then_asked_for(app: Flask) -> None:
    client = signed_in(app)
    page = client.get("/admin/settings/account/second-factor").text
    secret = page.partition('name="secret" value="')[2].partition('"')[0]
    path = "/admin/settings/account/second-factor"
    assert post(client, path, {"secret": secret, "code": "000000x"}).status_code == 422
    assert post(client, path, {"secret": secret, "code": pyotp.TOTP(secret).now()}).status_code == 303
    assert sign_in(app.test_client()).status_code == 422


def test_a_changed_password_signs_the_other_browsers_out(app: Flask) -> None:
    client = signed_in(app)
    other = app.test_client()
    sign_in(other)
    path = "/admin/settings/account/password"
    assert post(client, path, {"present": "wrong one here", "password": "a long new password"}).status_code == 422
    assert post(client, path, {"present": PASSWORD, "password": "a long new password"}).status_code == 303
    assert other.get("/admin/").status_code == 302
    assert client.get("/admin/").status_code == 200


def test_the_language_and_the_zone_are_the_operators_own(app: Flask) -> None:
    client = signed_in(app)
    answer = post(client, "/admin/settings/account", {"name": "Opal", "language": "fr", "timezone": "Asia/Tokyo"})
    assert answer.status_code == 303
    assert '<html lang="fr">' in client.get("/admin/").text
    assert post(client, "/admin/settings/account", {"timezone": "Moon/Crater"}).status_code == 422


def test_settings_show_no_secret(app: Flask) -> None:
    page = signed_in(app).get("/admin/settings").text
    assert "PUBLIC_URL" in page
    assert "postgres@" not in page
    assert "a-key-for-tests" not in page


def test_a_list_is_added_and_changed_and_its_short_name_is_unique(app: Flask) -> None:
    client = signed_in(app, EDITH)
    assert post(client, "/admin/lists/new", LIST).status_code == 303
    assert "Another list has this short name" in post(client, "/admin/lists/new", LIST).text
    assert post(client, "/admin/lists/the-letter", LIST | {"name": "The Long Letter"}).status_code == 303
    with app.app_context():
        assert find_list("the-letter").name == "The Long Letter"
    assert actions(app)[-2:] == ["list-added", "list-changed"]
    wrong = post(
        client, "/admin/lists/new", LIST | {"slug": "New One", "privacy_url": "ftp://x", "sender_address": "x"}
    ).text
    for message in ("small letters", "whole web address", "whole address"):
        assert message in wrong


def test_the_audit_trail_shows_others_only_their_own_actions(app: Flask) -> None:
    signed_in(app, OPAL)
    page = signed_in(app, EDITH).get("/admin/settings/audit").text
    assert EDITH in page
    assert OPAL not in page


def test_lists_show_their_counts(app: Flask) -> None:
    with app.app_context():
        make_list()
    assert "The Letter" in signed_in(app, VIC).get("/admin/lists").text
