"""Failed mails by reason, and another try for all of one reason or for all: looked at first, then confirmed."""

from http import HTTPStatus

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext
from sqlalchemy import ColumnElement, and_

from signup.access import audit, scope
from signup.admin.frame import door
from signup.admin.outbox import message_words
from signup.ground.broker import ring
from signup.ground.db import transaction
from signup.mailer import deliver
from signup.mailer.failed_mail import Reason, failures, retry_all
from signup.mailer.message import Message, MessageKind

OURS = (Reason.CRASHED, Reason.NOT_BUILT, Reason.TOO_LATE)
"""Not what a relay or an address is to blame for: somebody who runs the service can do something about these."""


def outbox_failed() -> ResponseReturnValue:
    """GET: how many failed, why, and with `again` what would be sent. POST: send it."""
    if request.method == "POST":
        asked = request.form.get("again", "")
        if asked not in {"all", *Reason}:
            abort(HTTPStatus.BAD_REQUEST)
        return _again(None if asked == "all" else Reason(asked))
    found = failures(_mine())
    wanted = request.args.get("again", "")
    chosen = [one for one in found if wanted in {one.reason.value, "all"}]
    return render_template(
        "admin/outbox/outbox_failed.html",
        failures=found,
        again=wanted if chosen else "",
        n=sum(one.n for one in chosen),
        can_go=sum(one.can_go for one in chosen),
        message_words=message_words,
    )


def to_look_at() -> int:
    """How many failed mails of ours can still go and wait for somebody to look at them."""
    return sum(one.can_go for one in failures(_mine()) if one.reason in OURS) if door.may("outbox") else 0


def _again(reason: Reason | None) -> ResponseReturnValue:
    with transaction():
        n = retry_all(reason, _mine())
        audit.note(door.operator(), "failed-mails-retried", reason.value if reason else "all", rows=n)
    ring(deliver.ACTOR)
    flash(ngettext("%(num)s email will be sent again.", "%(num)s emails will be sent again.", n))
    return redirect(url_for("admin.outbox_failed"), HTTPStatus.SEE_OTHER)


def _mine() -> ColumnElement[bool]:
    """A campaign's mail goes to somebody who may have got it: that needs the right to send."""
    mine = scope.only(Message.list_id)
    return mine if door.may("send") else and_(mine, Message.kind != MessageKind.CAMPAIGN)
