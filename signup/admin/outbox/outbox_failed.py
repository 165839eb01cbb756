"""Failed mails by reason, and another try for all of one reason or for all: looked at first, then confirmed."""

from http import HTTPStatus

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from signup.access import audit
from signup.admin.frame import door
from signup.admin.outbox import message_words
from signup.admin.outbox.seen_failures import mine
from signup.ground.broker import ring
from signup.ground.db import transaction
from signup.mailer import deliver
from signup.mailer.failed_mail import Reason, failures, retry_all


def outbox_failed() -> ResponseReturnValue:
    """GET: how many failed, why, and with `again` what would be sent. POST: send it."""
    if request.method == "POST":
        asked = request.form.get("again", "")
        if asked not in {"all", *Reason}:
            abort(HTTPStatus.BAD_REQUEST)
        return _again(None if asked == "all" else Reason(asked))
    found = failures(mine())
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


def _again(reason: Reason | None) -> ResponseReturnValue:
    with transaction():
        n = retry_all(reason, mine())
        audit.note(door.operator(), "failed-mails-retried", reason.value if reason else "all", rows=n)
    ring(deliver.ACTOR)
    flash(ngettext("%(num)s email will be sent again.", "%(num)s emails will be sent again.", n))
    return redirect(url_for("admin.outbox_failed"), HTTPStatus.SEE_OTHER)
