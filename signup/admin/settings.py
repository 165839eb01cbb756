"""Settings: what this service runs on (never a secret), its operators and what each may do."""

from http import HTTPStatus
from urllib.parse import urlsplit
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from signup.admin import audit, guard, session
from signup.admin import ticket as tickets
from signup.admin.inputs import InviteInput, RightsInput
from signup.admin.operator import Operator, Role, add_operator, change_rights
from signup.config import Settings
from signup.db import db, transaction
from signup.errors import NotFound
from signup.jobs import last_beat
from signup.mailer.relay import Relay
from signup.urls import settings as service


def settings() -> ResponseReturnValue:
    """Administrators see the service's facts; everybody gets to their own account from here."""
    if not guard.may("settings"):
        return redirect(url_for("admin.account"))
    return render_template(
        "admin/settings.html", facts=_facts(service()), relay=db.session.get(Relay, 1), beat=last_beat("sweep")
    )


def _facts(found: Settings) -> list[tuple[str, str, str]]:
    """Name, value and the setting behind it."""
    relay = urlsplit(found.smtp_url.get_secret_value())
    broker = urlsplit(found.broker_url.get_secret_value())
    by_scheme = {
        "": _("In this process"),
        "redis": "Redis",
        "rediss": "Redis (TLS)",
        "amqp": "RabbitMQ",
        "amqps": "RabbitMQ (TLS)",
    }
    server = db.engine.dialect
    version = ".".join(map(str, server.server_version_info or ()))
    return [
        (_("Public address"), found.public_url, "PUBLIC_URL"),
        (_("Database"), f"{'SQLite' if found.is_sqlite else 'PostgreSQL'} {version}".strip(), "DATABASE_URL"),
        (_("Broker"), by_scheme.get(broker.scheme, broker.scheme), "BROKER_URL"),
        (_("Mail relay"), relay.hostname or _("The built-in catcher: no mail leaves this machine"), "SMTP_URL"),
        (
            _("IP and browser in the proof"),
            _("Recorded") if found.keep_addresses_of_visitors else _("Not recorded"),
            "KEEP_ADDRESSES_OF_VISITORS",
        ),
        (_("Reverse proxies in front"), str(found.trusted_proxies), "TRUSTED_PROXIES"),
    ]


def operators() -> ResponseReturnValue:
    return _page(InviteInput(formdata=None))


def _page(form: InviteInput, link: str = "", invited: Operator | None = None) -> ResponseReturnValue:
    rows = list(db.session.scalars(select(Operator).order_by(Operator.disabled_at.is_not(None), Operator.address_key)))
    inputs = {row.id: RightsInput(formdata=None, data=_rights(row), prefix=f"o{row.id}-") for row in rows}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    page = render_template("admin/operators.html", operators=rows, inputs=inputs, form=form, link=link, invited=invited)
    return page, status


def _rights(row: Operator) -> dict[str, object]:
    own = {"may_export": row.may_export, "may_import": row.may_import}
    return {"role": row.role, **own, "disabled": row.disabled_at is not None}


def operator_invite() -> ResponseReturnValue:
    """Add an operator and show the link of their invitation once."""
    form = InviteInput()
    if not form.validate():
        return _page(form)
    try:
        with transaction():
            invited = add_operator(form.address.data or "", form.name.data or "", Role(form.role.data))
            link = tickets.new_ticket(invited, tickets.Use.INVITE)
            audit.note(guard.operator(), "operator-invited", str(invited.uid), role=invited.role)
    except IntegrityError:
        form.address.errors = [_("There is already an operator with this address.")]
        return _page(form)
    return _page(InviteInput(formdata=None), link, invited)


def operator_ticket(uid: UUID) -> ResponseReturnValue:
    """A new link for somebody who lost the invitation or the password; shown once."""
    found = _find(uid)
    with transaction():
        use = tickets.Use.RESET if found.password_hash else tickets.Use.INVITE
        link = tickets.new_ticket(found, use)
        audit.note(guard.operator(), "ticket-made", str(uid), purpose=use)
    return _page(InviteInput(formdata=None), link, found)


def operator_rights(uid: UUID) -> ResponseReturnValue:
    """Change role, export right or state; the last administrator keeps theirs."""
    found = _find(uid)
    form = RightsInput(prefix=f"o{found.id}-")
    if not form.validate():
        return _page(InviteInput(formdata=None))
    with transaction():
        before, after = (
            _rights(found),
            {name: form[name].data for name in ("role", "may_export", "may_import", "disabled")},
        )
        changed = change_rights(
            found,
            Role(form.role.data),
            disabled=form.disabled.data,
            may_export=form.may_export.data,
            may_import=form.may_import.data,
        )
        if changed:
            if form.disabled.data:
                session.end(found.id)
            audit.note(guard.operator(), "operator-changed", str(uid), **audit.change(before, after))
    flash(
        _("The rights are saved.")
        if changed
        else _("This is the last administrator who can sign in. Name another one first.")
    )
    return redirect(url_for("admin.operators"), HTTPStatus.SEE_OTHER)


def _find(uid: UUID) -> Operator:
    found = db.session.scalar(select(Operator).where(Operator.uid == uid))
    if found is None:
        raise NotFound(f"operator {uid}")
    return found
