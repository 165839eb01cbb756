"""Operators: who may sign in, what each may do with which lists, invitations and one-time links."""

from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from signup.access import audit, scope, session
from signup.access.hidden_group import ROLES, hidden_from, hide
from signup.access.operator import Operator, Role, add_operator
from signup.access.rights import change_rights, rights_of
from signup.access.ticket import TicketUse
from signup.admin.fields.field_words import GROUPS
from signup.admin.frame import door
from signup.admin.people import operator_mail
from signup.admin.people.operator_input import RIGHT_WORDS, InviteInput, RightsInput
from signup.ground.broker import ring
from signup.ground.db import db, transaction
from signup.ground.errors import NotFound
from signup.mailer import deliver


def operators() -> ResponseReturnValue:
    return _page(InviteInput(formdata=None, data={"language": get_locale().language}))


def _page(form: InviteInput) -> ResponseReturnValue:
    query = select(Operator).order_by(Operator.disabled_at.is_not(None), Operator.address_key)
    rows = list(db.session.scalars(query))
    page = render_template(
        "admin/people/operators.html",
        operators=rows,
        rights=rights_of(rows),
        lists={row.id: row.name for row in scope.mailing_lists()},
        form=form,
        groups=GROUPS,
        right_words=RIGHT_WORDS,
        hidden={role.value: hidden_from(role) for role in ROLES},
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def groups_hide() -> ResponseReturnValue:
    """Settle which groups of fields editors and viewers do not see."""
    with transaction():
        before = {role.value: sorted(hidden_from(role)) for role in ROLES}
        after = {role.value: sorted(set(request.form.getlist(role.value)) & set(GROUPS)) for role in ROLES}
        for role in ROLES:
            hide(role, after[role.value])
        if before != after:
            audit.note(door.operator(), "groups-hidden", **audit.change(before, after), hidden=after)
    flash(_("Saved."))
    return redirect(url_for("admin.operators"), HTTPStatus.SEE_OTHER)


def operator_invite() -> ResponseReturnValue:
    """Add an operator and mail the invitation; its link is shown once as well, for where no mail gets through."""
    form, actor = InviteInput(), door.operator()
    if not form.validate():
        return _page(form)
    template = operator_mail.template_for(TicketUse.INVITE, form.language.data)
    try:
        with transaction():
            invited = add_operator(form.address.data or "", form.name.data or "", Role(form.role.data))
            invited.language = form.language.data
            change_rights(invited, form.rights())
            sent = operator_mail.send(invited, TicketUse.INVITE, template, by=actor.name or actor.address)
            audit.note(actor, "operator-invited", str(invited.uid), **audit.change({}, form.rights().as_dict()))
    except IntegrityError:
        form.address.errors = [_("There is already an operator with this address.")]
        return _page(form)
    ring(deliver.ACTOR, sent.message_id)
    flash(_("The invitation is on its way to %(address)s.", address=invited.address))
    return _edit_page(invited, _input(invited), sent.link)


def operator_edit(uid: UUID) -> ResponseReturnValue:
    """GET: one operator. POST: change role, rights, lists or state; the last administrator keeps theirs."""
    found = _find(uid)
    if request.method == "GET":
        return _edit_page(found, _input(found))
    form = RightsInput()
    if not form.validate():
        return _edit_page(found, form)
    rights = form.rights()
    with transaction():
        before = rights_of([found])[found.id]
        if changed := change_rights(found, rights):
            if rights.disabled:
                session.end(found.id)
            change = audit.change(before.as_dict(), rights.as_dict())
            audit.note(door.operator(), "operator-changed", str(uid), role=rights.role, **change)
    if not changed:
        form.role.errors = [_("This is the last administrator who can sign in. Appoint another one first.")]
        return _edit_page(found, form)
    flash(_("The permissions have been saved."))
    return redirect(url_for("admin.operators"), HTTPStatus.SEE_OTHER)


def _input(found: Operator) -> RightsInput:
    rights = rights_of([found])[found.id]
    return RightsInput(formdata=None, data=rights.as_dict())


def _edit_page(found: Operator, form: RightsInput, link: str = "") -> ResponseReturnValue:
    page = render_template("admin/people/operator_edit.html", found=found, form=form, link=link)
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def operator_ticket(uid: UUID) -> ResponseReturnValue:
    """A new link for somebody who lost the invitation or the password: mailed, and shown once."""
    found, actor = _find(uid), door.operator()
    use = TicketUse.RESET if found.password_hash else TicketUse.INVITE
    template = operator_mail.template_for(use, found.language)
    with transaction():
        sent = operator_mail.send(found, use, template, by=actor.name or actor.address)
        audit.note(actor, "ticket-made", str(uid), purpose=use)
    ring(deliver.ACTOR, sent.message_id)
    flash(_("A link is on its way to %(address)s.", address=found.address))
    return _edit_page(found, _input(found), sent.link)


def _find(uid: UUID) -> Operator:
    found = db.session.scalar(select(Operator).where(Operator.uid == uid))
    if found is None:
        raise NotFound(f"operator {uid}")
    return found
