"""Shows how mails fare with each mailbox provider; for who works with every list, the sending domains, what receivers
report, and the set-up to tick off.
"""

from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup.access import audit, scope
from signup.admin.frame import door
from signup.admin.frame.number import whole
from signup.admin.sending import sending_words
from signup.bounces.dmarc import dmarc_figures
from signup.bounces.health.provider_health import SPANS, health
from signup.deliverability import domain_check, sending_step
from signup.ground.db import transaction
from signup.ground.errors import NotFound


def sending_health() -> ResponseReturnValue:
    """The figures of the last 7 or 30 days."""
    days = request.args.get("days", SPANS[0], type=whole)
    days = days if days in SPANS else SPANS[0]
    is_all = scope.sees_everything()
    return render_template(
        "admin/sending/sending_health.html",
        days=days,
        spans=SPANS,
        groups=health(days, scope.only),
        domains=domain_check.kept_checks() if is_all else [],
        sources=dmarc_figures.sources(days) if is_all else [],
        steps=sending_step.STEPS if is_all else (),
        done=sending_step.done_steps() if is_all else {},
        sending_words=sending_words,
    )


def sending_check() -> ResponseReturnValue:
    """Have a worker ask the DNS: that takes seconds, and the page shows the answer once it is there."""
    domain = request.form.get("domain", "")
    with transaction():
        if not domain_check.ask_for_check(domain):
            raise NotFound("domain")
        audit.note(door.operator(), "domain-checked", domain)
    flash(_("The domain is being checked. Reload this page in a few seconds."))
    return _back()


def sending_steps() -> ResponseReturnValue:
    with transaction():
        if changed := sending_step.tick(set(request.form.getlist("step")), door.operator().id):
            audit.note(door.operator(), "sending-steps-changed", ", ".join(changed))
    flash(_("The set-up has been saved."))
    return _back()


def _back() -> ResponseReturnValue:
    return redirect(url_for("admin.sending_health"), HTTPStatus.SEE_OTHER)
