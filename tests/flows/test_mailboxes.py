"""A form may refuse throw-away mailboxes and role addresses: kindly, and alike for known and unknown ones."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from signup.addresses import address, mailbox
from signup.consent.consent_event import ConsentEvent
from signup.ground.db import db, transaction
from signup.ground.errors import InvalidAddress
from signup.limits import allow_list
from tests.cast import ADA, Mailbox, confirm_all, make_form, make_list, sign_up

THROWN_AWAY = "ada@mailinator.com"


def _problem(client: FlaskClient, form_id: str, typed: str) -> str:
    answer = sign_up(client, form_id, typed)
    if answer.status_code == 202:
        return ""
    assert answer.status_code == 422
    errors: dict[str, str] = answer.get_json(force=True)["errors"]
    return errors["email"]


@pytest.mark.parametrize("typed", [THROWN_AWAY, "ada@MAILINATOR.com", "ada+x@inbox.mailinator.com"])
def test_a_throw_away_mailbox_is_refused_unless_the_form_takes_it(app: Flask, client: FlaskClient, typed: str) -> None:
    strict, lenient = make_form().public_id, make_form(make_list("b"), refuses_disposable=False).public_id
    assert _problem(client, strict, typed).startswith("This looks like a temporary mailbox")
    assert _problem(client, lenient, typed) == ""


@pytest.mark.parametrize("typed", ["info@example.org", "Postmaster@example.org", "ABUSE+x@example.org"])
def test_a_role_address_is_refused_only_where_the_form_says_so(app: Flask, client: FlaskClient, typed: str) -> None:
    strict, lenient = make_form(refuses_roles=True).public_id, make_form(make_list("b")).public_id
    assert _problem(client, strict, typed).startswith("This looks like a shared address")
    assert _problem(client, lenient, typed) == ""
    assert _problem(client, strict, "info.ada@example.org") == ""


def test_the_answer_is_the_same_for_an_address_that_is_on_the_list(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    the_list = make_list()
    lenient = make_form(the_list, magnet=False, refuses_disposable=False).public_id
    strict = make_form(the_list, magnet=False).public_id
    sign_up(client, lenient, THROWN_AWAY)
    confirm_all(app, client, mailbox, THROWN_AWAY)
    known, unknown = sign_up(client, strict, THROWN_AWAY), sign_up(client, strict, "eve@mailinator.com")
    assert (known.status_code, known.data) == (unknown.status_code, unknown.data)


def test_a_domain_that_the_operator_vouches_for_is_taken(app: Flask, client: FlaskClient) -> None:
    form_id = make_form(refuses_roles=True).public_id
    with transaction():
        allow_list.add_entry("mailinator.com", "we test with it", None, "test")
        allow_list.add_entry("info@example.org", "our own", None, "test")
    assert _problem(client, form_id, THROWN_AWAY) == ""
    assert _problem(client, form_id, "info@example.org") == ""
    assert _problem(client, form_id, "office@example.org") != ""


def test_the_lists_do_not_meet_and_take_nobody_real() -> None:
    assert not {domain for domain in mailbox.FREE_MAIL if mailbox.is_disposable(domain)}
    assert not mailbox.is_disposable("example.org")
    assert not mailbox.is_role("ada")


@given(
    local=st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8})?", fullmatch=True),
    tag=st.from_regex(r"[a-z0-9.]{0,8}", fullmatch=True),
    domain=st.sampled_from(["gmail.com", "googlemail.com", "example.org", "EXAMPLE.org"]),
)
def test_every_spelling_of_an_address_is_throttled_as_one(local: str, tag: str, domain: str) -> None:
    plain = address.parse(f"{local}@{domain}").canonical
    tag = tag.strip(".").replace("..", ".")
    variants = [f"{local.upper()}@{domain}", f"{local}+{tag or 'x'}@{domain}", f"  {local}@{domain.upper()} "]
    if domain in address.GMAIL:
        variants.append(f"{'.'.join(local.replace('.', ''))}@gmail.com")
    assert {address.parse(variant).canonical for variant in variants} == {plain}


@pytest.mark.parametrize(
    ("typed", "same_as"),
    [
        ("\uff41\uff44\uff41@example.org", ADA),  # full width
        ("ada@\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45.org", ADA),
        ("ada@xn--mnchen-3ya.example.org", "ada@münchen.example.org"),
        ("ﬁona@example.org", "fiona@example.org"),  # a ligature
        ("STRASSE@example.org", "straße@example.org"),
        ("ada@example.org.", ADA),
    ],
)
def test_look_alikes_are_throttled_as_one(typed: str, same_as: str) -> None:
    try:
        found = address.parse(typed)
    except InvalidAddress:
        return
    assert found.canonical == address.parse(same_as).canonical


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        (f"Ada Muster <{ADA}>", ""),
        (f"\u200bmailto:{ADA}", ""),
        ("o’neil@example.org", ""),
        (f"{ADA}; bob@example.org", "Enter one email address only."),
        ("hélène@gmail.com", "Addresses at gmail.com never contain “é”. Did you mean helene@gmail.com?"),
        ("zoë.b@Orange.fr", "Addresses at orange.fr never contain “ë”. Did you mean zoe.b@orange.fr?"),
        ("жук@gmx.de", "Addresses at gmx.de never contain “ж”. Please check yours."),
        ("hélène@example.org", ""),
        (f"{'a' * 65}@example.org", "This email address looks incomplete. Please check it."),
        ("ada@example.c", "This email address looks incomplete. Please check it."),
    ],
)
@pytest.mark.one_engine
def test_a_visitor_is_told_what_may_be_wrong_with_the_address(
    app: Flask, client: FlaskClient, typed: str, problem: str, form_id: str
) -> None:
    assert _problem(client, form_id, typed) == problem


def test_mail_goes_to_the_bare_address_and_what_was_typed_is_kept(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    answer = sign_up(client, form_id, "Ada Muster <Ada.Muster@GMX.ch>,")
    assert answer.get_json()["mailbox"]["name"] == "GMX"
    confirm_all(app, client, mailbox, "Ada.Muster@gmx.ch")
    typed = set(db.session.scalars(db.select(ConsentEvent.address)))  # of the mail it is the bare one
    assert "Ada Muster <Ada.Muster@GMX.ch>," in typed
