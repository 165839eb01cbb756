"""Trying a campaign, letting it go, and what may be done while it goes."""

from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup.access import audit
from signup.admin.campaigns.campaign import before, find
from signup.admin.frame import door
from signup.campaigns import archive, build, figures, lifecycle, preflight
from signup.campaigns.campaign import Campaign
from signup.campaigns.send_test import send_test
from signup.ground.broker import ring
from signup.ground.db import transaction
from signup.mailer import deliver

VERBS = {
    "pause": (lifecycle.pause, "campaign-paused"),
    "resume": (lifecycle.resume, "campaign-resumed"),
    "cancel": (lifecycle.cancel, "campaign-cancelled"),
    "leave-out": (archive.leave_out, "campaign-left-out"),
    "take-in": (archive.take_in, "campaign-taken-in"),
    "unschedule": (lifecycle.unschedule, "campaign-unscheduled"),
}


def campaign_test(uid: UUID) -> ResponseReturnValue:
    """To the operator, as it is now."""
    one = find(uid)
    with transaction():
        send_test(one, door.operator().address)
        audit.note(door.operator(), "test-mail-sent", str(uid), kind="campaign")
    ring(deliver.ACTOR)
    flash(_("The test email is on its way to %(address)s.", address=door.operator().address))
    return _back(uid)


def campaign_send(uid: UUID) -> ResponseReturnValue:
    """The last look: number, list and subject once more, then now or at a time."""
    one = find(uid)
    if not one.is_editable:
        return _back(uid)
    if request.method == "GET" or preflight.blocks(one):
        return _asked(one)
    at, problem = _time()
    if problem:
        page = render_template(
            "admin/campaigns/campaign_send.html", campaign=one, zone="UTC", problem=problem, **before(one)
        )
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction():
        if lifecycle.schedule(one.id, at):
            audit.note(door.operator(), "campaign-scheduled", str(uid), at=at.isoformat() if at else "now")
    ring(build.ACTOR)
    flash(_("The campaign will go at that time.") if at else _("The campaign is on its way."))
    return _back(uid)


def _asked(one: Campaign, problem: str = "") -> str:
    page = "admin/campaigns/campaign_send.html"
    return render_template(page, campaign=one, zone="UTC", problem=problem, **before(one))


def campaign_move(uid: UUID) -> ResponseReturnValue:
    """Pause, resume, cancel, or take back a time."""
    one, do = find(uid), request.form.get("do", "")
    if do in VERBS:
        verb, action = VERBS[do]
        with transaction():
            is_done = verb(one.id)
            if is_done:
                audit.note(door.operator(), action, str(uid))
        flash(_("Done.") if is_done else _("That was not possible any more: look at its state."))
        ring(build.ACTOR)
    return _back(uid)


def campaign_settle(uid: UUID) -> ResponseReturnValue:
    """What became of the unclear mails."""
    one, how = find(uid), request.form.get("how", "")
    if how in figures.SETTLED:
        with transaction():
            n = figures.settle_unclear(one, how)
            audit.note(door.operator(), "campaign-settled", str(uid), how=how, n=n)
        flash(_("Done."))
    return _back(uid)


def _time() -> tuple[datetime | None, str]:
    """The time as typed, in UTC, and what is wrong with it; no time: now."""
    typed = request.form.get("at", "").strip()
    if request.form.get("when") != "later":
        return None, ""
    try:
        at = datetime.fromisoformat(typed).replace(tzinfo=ZoneInfo("UTC"))
    except ValueError:
        return None, _("Enter a day and a time.")
    if at < datetime.now(UTC):
        return None, _("This time has passed.")
    return at, ""


def _back(uid: UUID) -> ResponseReturnValue:
    return redirect(url_for("admin.campaign", uid=uid), HTTPStatus.SEE_OTHER)
