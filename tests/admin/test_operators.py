"""Who may sign in, and who decides about it: invitations, rights, lists, the last administrator, lost passwords."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from signup.access.grant import granted
from signup.access.operator import Operator, Role, Ticket, find_operator
from signup.access.password_strength import is_guessable
from signup.access.rights import Rights, change_rights
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from tests.admin.cast import EDITH, OPAL, PASSWORD, VIC, actions, csrf_of, hire, post, sign_in, signed_in
from tests.cast import Mailbox, drain, forget_limits, link_in, make_list, text_of

INVITE = "/admin/settings/operators/invite"
NEW = "a quite new sentence"


def uid_of(app: Flask, address: str) -> str:
    found = find_operator(address)
    assert found is not None
    return str(found.uid)


def test_an_invitation_is_mailed_in_its_language_and_lets_in_once_to_the_lists_granted(
    app: Flask, mailbox: Mailbox
) -> None:
    ours, _theirs = make_list(), make_list("noise", name="Noise", sender_name="Noise")
    opal = signed_in(app)
    data: dict[str, Any] = {"address": EDITH, "name": "Édith", "role": "editor", "language": "fr", "lists": [ours.id]}
    page = post(opal, INVITE, data | {"may_export": "y"}).text
    assert "http://signup.example.org/admin/ticket/" in page
    assert "/admin/ticket/" not in opal.get("/admin/settings/operators").text
    again = post(opal, INVITE, data | {"address": EDITH.upper()})
    assert (again.status_code, "already an operator" in again.text) == (422, True)
    drain(app)
    mail = mailbox.last(EDITH)
    assert "Opal" in text_of(mail)
    assert mail["Subject"] == "Opal vous invite à travailler sur les inscriptions"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["From"] == "Signup <signup@signup.example.org>"
    path = link_in(mail, "admin/ticket")
    edith = app.test_client()
    assert edith.post(path, data={"csrf_token": csrf_of(edith, path), "password": NEW}).location == "/admin/"
    assert app.test_client().get(path).status_code == 410
    lists = edith.get("/admin/lists").text
    assert '<html lang="fr">' in lists
    assert ("The Letter" in lists, "Noise" in lists) == (True, False)
    assert edith.get("/admin/exports").status_code == 200


def test_rights_and_lists_change_at_once_and_a_viewer_keeps_no_right_of_an_editor(app: Flask) -> None:
    ours, theirs = make_list(), make_list("noise", name="Noise", sender_name="Noise")
    hire(app, EDITH, lists=[ours.id])
    edith, opal = app.test_client(), signed_in(app)
    sign_in(edith, EDITH)
    path = f"/admin/settings/operators/{uid_of(app, EDITH)}"
    assert post(opal, path, {"role": "editor", "lists": [theirs.id]}).status_code == 303
    assert "Noise" in edith.get("/admin/lists").text
    assert "The Letter" not in edith.get("/admin/lists").text
    assert post(opal, path, {"role": "editor", "lists": [999]}).status_code == 422
    typed = {"role": "viewer", "may_export": "y", "may_import": "y", "every_list": "y"}
    assert post(opal, path, typed).status_code == 303
    found = find_operator(EDITH)
    assert found is not None
    assert (found.may_export, found.may_import, granted(found)) == (True, False, None)
    assert post(opal, path, {"role": "viewer", "disabled": "y"}).status_code == 303
    assert edith.get("/admin/").status_code == 302
    assert actions(app)[-1] == "operator-changed"


def test_the_last_administrator_stays_one_for_pages_and_for_the_database(app: Flask, opal: FlaskClient) -> None:
    path = f"/admin/settings/operators/{uid_of(app, OPAL)}"
    for data in ({"role": "viewer"}, {"role": "administrator", "disabled": "y"}):
        assert "last administrator" in post(opal, path, data).text
    with transaction():
        db.session.execute(text("DELETE FROM operator_session"))
    for change in (
        "UPDATE operator SET role = 'viewer'",
        "UPDATE operator SET disabled_at = created_at",
        "DELETE FROM operator",
    ):
        with pytest.raises(DBAPIError, match="last administrator"), transaction():
            db.session.execute(text(change))
    assert sign_in(opal).status_code == 303
    assert opal.get("/admin/settings/service").status_code == 200


@pytest.mark.both_engines
def test_of_two_administrators_who_leave_at_once_one_stays(app: Flask) -> None:
    hire(app, OPAL, EDITH)
    with transaction():
        db.session.execute(update(Operator).values(role=Role.ADMINISTRATOR))
    start, kept = threading.Barrier(2), []

    def leave(address: str, *, past_the_function: bool) -> None:
        with app.app_context():
            found = find_operator(address)
            assert found is not None
            start.wait()
            try:
                with transaction():
                    if past_the_function:
                        db.session.execute(update(Operator).where(Operator.id == found.id).values(role=Role.VIEWER))
                    elif not change_rights(found, Rights(Role.VIEWER)):
                        kept.append(address)
            except DBAPIError:
                kept.append(address)

    for past in (False, True):
        threads = [
            threading.Thread(target=leave, args=(one,), kwargs={"past_the_function": past}) for one in (OPAL, EDITH)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with transaction():
            left = select(Operator.address).where(Operator.role == Role.ADMINISTRATOR)
            assert list(db.session.scalars(left)) == kept
            db.session.execute(update(Operator).values(role=Role.ADMINISTRATOR))
        kept.clear()


def test_a_lost_password_is_answered_alike_for_everybody_and_mailed_to_its_owner(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    hire(app, OPAL, EDITH)
    with transaction():
        db.session.execute(update(Operator).where(Operator.address_key == EDITH).values(disabled_at=now()))
    old = app.test_client()
    sign_in(old)
    pages = []
    for address in (OPAL, EDITH, "eve@example.org"):
        data = {"address": address, "csrf_token": csrf_of(client)}
        answer = client.post("/admin/sign-in/forgot", data=data)
        pages.append((answer.status_code, re.sub(r'value="[^"]+"', "", answer.text)))
    assert len(set(pages)) == 1
    drain(app)
    assert [len(mailbox.mails(one)) for one in (OPAL, EDITH, "eve@example.org")] == [1, 0, 0]
    first = link_in(mailbox.last(OPAL), "admin/ticket")
    client.post("/admin/sign-in/forgot", data={"address": OPAL, "csrf_token": csrf_of(client)})
    drain(app)
    path = link_in(mailbox.last(OPAL), "admin/ticket")
    assert client.get(first).status_code == 410  # the newer link ended it
    left = db.session.scalar(select(Ticket.expires_at).where(Ticket.used_at.is_(None)))
    at = db.session.scalar(select(now()))
    assert left is not None
    assert at is not None
    assert timedelta(minutes=58) < left - at <= timedelta(hours=1)
    token = csrf_of(client, path)
    for guess in ("opal@example.org", "password1234", "aaaaaaaaaaaaaaa"):
        assert client.post(path, data={"csrf_token": token, "password": guess}).status_code == 422
    assert client.post(path, data={"csrf_token": token, "password": NEW}).location == "/admin/"
    assert old.get("/admin/").status_code == 302
    assert sign_in(app.test_client(), OPAL, PASSWORD).status_code == 422
    assert "password-forgotten" in actions(app)


def test_nobodys_mailbox_is_flooded_by_lost_passwords(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    hire(app, OPAL)
    for _time in range(5):
        data = {"address": OPAL, "csrf_token": csrf_of(client)}
        assert client.post("/admin/sign-in/forgot", data=data).status_code == 200
    drain(app)
    assert len(mailbox.mails(OPAL)) == 3
    for _time in range(20):
        answer = client.post("/admin/sign-in/forgot", data=data)
    assert answer.status_code == 429
    forget_limits()


def test_a_changed_password_ends_the_link_that_is_out(app: Flask, mailbox: Mailbox) -> None:
    opal, client = signed_in(app), app.test_client()
    client.post("/admin/sign-in/forgot", data={"address": OPAL, "csrf_token": csrf_of(client)})
    drain(app)
    post(opal, "/admin/settings/account/password", {"present": PASSWORD, "password": NEW})
    assert client.get(link_in(mailbox.last(OPAL), "admin/ticket")).status_code == 410


def test_ones_other_browsers_can_be_signed_out_together(app: Flask) -> None:
    opal, other, vic = signed_in(app), app.test_client(), signed_in(app, VIC)
    sign_in(other)
    post(opal, "/admin/settings/account/sessions/end")
    assert [one.get("/admin/").status_code for one in (opal, other, vic)] == [200, 302, 200]


@pytest.mark.parametrize(
    ("password", "is_weak"),
    [
        ("correct horse battery", False),
        ("une phrase de passe", False),
        ("Qwertyuiop12", True),
        ("signup-signup", True),
        ("opalopalopal1", True),
        ("abcabcabcabc", True),
        ("123456789012", True),
        ("Opal.Example!org", True),
        ("my opal is blue and heavy", False),
        ("1qaz2wsx3edc", True),
        ("Leave Me Alone", True),
        ("motherfucker!!", True),
        ("the-letter-2026", True),
        ("letter.example.org", True),
        ("three letters from Vevey", False),
    ],
)
def test_what_somebody_would_try_first_is_no_password(password: str, is_weak: bool) -> None:
    assert is_guessable(password, (OPAL, "Opal", "The Letter", "the-letter", "signup.example.org")) == is_weak
