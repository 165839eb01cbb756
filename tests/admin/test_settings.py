from flask import Flask

from signup import __version__
from signup.consent.mailing_list import find_list
from tests.admin.cast import EDITH, OPAL, PASSWORD, VIC, actions, post, sign_in, signed_in
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
    page = signed_in(app).get("/admin/settings/service").text
    assert "PUBLIC_URL" in page
    assert "postgres@" not in page
    assert "a-key-for-tests" not in page


def test_settings_say_which_version_runs(app: Flask) -> None:
    assert f"<dd>{__version__}</dd>" in signed_in(app).get("/admin/settings/service").text


def test_a_list_is_added_and_changed_and_its_short_name_is_unique(app: Flask) -> None:
    client = signed_in(app, EDITH)
    assert post(client, "/admin/lists/new", LIST).status_code == 303
    assert "Another list has this short name" in post(client, "/admin/lists/new", LIST).text
    assert post(client, "/admin/lists/the-letter", LIST | {"name": "The Long Letter"}).status_code == 303
    assert find_list("the-letter").name == "The Long Letter"
    assert actions(app)[-2:] == ["list-added", "list-changed"]
    assert post(client, "/admin/lists/the-letter", LIST | {"slug": ""}).status_code == 303
    assert find_list("the-letter").name == "The Letter"
    wrong = post(
        client, "/admin/lists/new", LIST | {"slug": "New One", "privacy_url": "ftp://x", "sender_address": "x"}
    ).text
    for message in ("small letters", "full web address", "full email address"):
        assert message in wrong


def test_a_short_name_left_empty_is_made_from_the_name(app: Flask) -> None:
    client = signed_in(app, EDITH)
    unnamed = LIST | {"slug": ""}
    assert post(client, "/admin/lists/new", unnamed | {"name": "Les Nouvelles d’Été"}).status_code == 303
    assert find_list("les-nouvelles-d-ete").name == "Les Nouvelles d’Été"
    assert "digits and hyphens.</p>" in post(client, "/admin/lists/new", unnamed | {"name": "☃"}).text
    nameless = post(client, "/admin/lists/new", unnamed | {"name": ""}).text
    assert nameless.count("Fill in this field.") == 1
    assert "digits and hyphens.</p>" not in nameless


def test_the_senders_address_is_kept_without_what_was_pasted_around_it(app: Flask) -> None:
    pasted = LIST | {"sender_address": "The Letter <mailto:letter@example.org>"}
    assert post(signed_in(app, EDITH), "/admin/lists/new", pasted).status_code == 303
    assert find_list("the-letter").sender_address == "letter@example.org"


def test_the_audit_trail_shows_others_only_their_own_actions(app: Flask) -> None:
    signed_in(app, OPAL)
    page = signed_in(app, EDITH).get("/admin/settings/audit").text
    assert EDITH in page
    assert OPAL not in page


def test_lists_show_their_counts(app: Flask) -> None:
    make_list()
    assert "The Letter" in signed_in(app, VIC).get("/admin/lists").text
