"""Failed mails are shown by reason, and go again by one press that is confirmed."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update

from signup.access.audit import AuditEntry
from signup.ground.db import db, transaction
from signup.mailer.failed_mail import Reason, failures
from signup.mailer.lease import CRASHED
from signup.mailer.message import Message, MessageState
from signup.mailer.message_kind import MessageKind
from tests.admin.cast import EDITH, OPAL, hire, post, sign_in
from tests.cast import Mailbox, drain, make_form, make_list, sign_up

PAGE = "/admin/outbox/failed"
REPLIES = {
    Reason.CRASHED: CRASHED,
    Reason.NOT_BUILT: "cannot be built: UndefinedError",
    Reason.NO_MAIL_SERVER: "the domain has no mail server",
    Reason.REFUSED: "550 5.1.1 no such user",
    Reason.TOO_LATE: "451 4.7.1 greylisted",
}


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    hire(app, OPAL)
    client = app.test_client()
    sign_in(client)
    return client


@pytest.fixture
def failed(app: Flask, client: FlaskClient) -> Flask:
    """One mail failed for each reason, two for the first; and noise that waits."""
    form_id = make_form().public_id
    for number in range(len(Reason) + 2):
        assert sign_up(client, form_id, f"visitor-{number}@example.org").status_code == 202
    with transaction():
        ids = list(db.session.scalars(select(Message.id).order_by(Message.id)))
        for message_id, reply in zip(ids, [CRASHED, *REPLIES.values()], strict=False):
            ended = {"state": MessageState.FAILED, "reply": reply, "crashes": 3, "attempt": 3}
            db.session.execute(update(Message).where(Message.id == message_id).values(**ended))
    return app


def counts(app: Flask) -> dict[str, tuple[int, int]]:
    found = {one.reason.value: (one.n, one.can_go) for one in failures()}
    db.session.remove()
    return found


def test_each_reason_is_told_in_plain_words_with_its_count(failed: Flask, admin: FlaskClient) -> None:
    assert counts(failed) == {"crashed": (2, 2)} | {
        reason.value: (1, 1) for reason in Reason if reason is not Reason.CRASHED
    }
    page = admin.get(PAGE).text
    for words in (
        "The sending process crashed",
        "could not be built",
        "No mail server",
        "Rejected by the mail server",
        "Retried",
    ):
        assert words in page
    assert "visitor-" not in page
    assert 'href="/admin/outbox/failed"' in admin.get("/admin/outbox").text
    assert "4 emails failed and can be sent again." in admin.get("/admin/").text  # a refusal is nobody's to mend


def test_all_of_a_reason_go_again_after_a_confirmation_and_leave_a_trace(
    failed: Flask, admin: FlaskClient, mailbox: Mailbox
) -> None:
    asked = admin.get(f"{PAGE}?again=crashed").text
    assert "2 emails will be sent again now." in asked
    assert counts(failed)["crashed"] == (2, 2)  # looking sends nothing
    assert post(admin, PAGE, {"again": "crashed"}).status_code == 303
    assert "crashed" not in counts(failed)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "failed-mails-retried")).one()
    assert (entry.object, entry.detail["rows"]) == ("crashed", 2)
    again = db.session.scalars(
        select(Message).where(Message.state == MessageState.READY, Message.reply == CRASHED)
    ).all()
    assert {(one.crashes, one.attempt, one.suspect) for one in again} == {(0, 0, False)}
    db.session.remove()
    drain(failed)
    assert len(mailbox.mails()) == 3
    assert "Sent failed emails again" in admin.get("/admin/settings/audit").text


def test_all_that_failed_go_again(failed: Flask, admin: FlaskClient, mailbox: Mailbox) -> None:
    assert post(admin, PAGE, {"again": "all"}).status_code == 303
    drain(failed)
    assert counts(failed) == {}
    assert len(mailbox.mails()) == len(Reason) + 2


def test_a_confirmation_whose_link_is_over_is_not_sent_again(failed: Flask, admin: FlaskClient) -> None:
    with transaction():
        first = db.session.scalars(select(Message.signup_id).order_by(Message.id)).first()
        db.session.execute(text("UPDATE signup SET expires_at = created_at WHERE id = :id"), {"id": first})
    assert counts(failed)["crashed"] == (2, 1)
    page = admin.get(f"{PAGE}?again=crashed").text
    assert "1 email will be sent again now." in page
    assert "1 email cannot be sent again" in page
    post(admin, PAGE, {"again": "crashed"})
    assert counts(failed)["crashed"] == (1, 0)


@pytest.mark.parametrize("again", ["", "no-such-reason", "crashed' OR 1=1"])
def test_an_unknown_reason_sends_nothing(failed: Flask, admin: FlaskClient, again: str) -> None:
    before = counts(failed)
    assert admin.get(PAGE, query_string={"again": again}).status_code == 200
    assert post(admin, PAGE, {"again": again}).status_code == 400
    assert counts(failed) == before


def test_an_editor_sends_again_only_what_is_of_their_lists_and_no_letters(failed: Flask, client: FlaskClient) -> None:
    other = make_list("other", name="Other")
    db.session.refresh(other)
    other_id = other.id
    mine = db.session.scalars(select(Message.list_id)).first()
    assert mine
    hire(failed, EDITH, lists=[mine])
    edith = failed.test_client()
    sign_in(edith, EDITH)
    with transaction():
        ids = db.session.scalars(select(Message.id).where(Message.reply == CRASHED).order_by(Message.id)).all()
        db.session.execute(update(Message).where(Message.id == ids[0]).values(list_id=other_id))
        db.session.execute(
            update(Message).where(Message.reply == REPLIES[Reason.REFUSED]).values(kind=MessageKind.CAMPAIGN)
        )
    post(edith, PAGE, {"again": "all"})
    assert counts(failed) == {"crashed": (1, 1), "refused": (1, 1)}


def test_an_outbox_without_failures_says_so(admin: FlaskClient) -> None:
    assert "No failed emails" in admin.get(PAGE).text
    assert "failed and can be sent again" not in admin.get("/admin/").text
