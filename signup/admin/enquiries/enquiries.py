"""What visitors wrote by the forms that take messages: read, marked, mailed after all, deleted."""

from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import delete, func, select, update

from signup.access import audit, scope
from signup.admin.frame import door
from signup.admin.frame.number import whole
from signup.enquiries import enquiry
from signup.enquiries.enquiry import Enquiry
from signup.forms.form import Form
from signup.ground.broker import ring
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import NotFound
from signup.ground.urls import settings
from signup.mailer import compose, deliver
from signup.mailer.message import Message
from signup.mailer.message_kind import MessageKind

PAGE = 50


def enquiries() -> ResponseReturnValue:
    """The messages of the reader's lists, the latest first; `?form=` narrows to one form."""
    mine, form = scope.only(Enquiry.list_id), request.args.get("form", "")
    before = request.args.get("page", 0, type=whole)
    query = select(Enquiry).where(mine)
    if form:
        query = query.where(Enquiry.form_id == select(Form.id).where(Form.public_id == form).scalar_subquery())
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    if before:
        query = query.where(Enquiry.id < before)
    rows = list(db.session.scalars(query.order_by(Enquiry.id.desc()).limit(PAGE + 1)))
    taking = select(Form).where(scope.only(Form.list_id), Form.version_id.is_not(None)).order_by(Form.name)
    return render_template(
        "admin/enquiries/enquiries.html",
        enquiries=rows[:PAGE],
        older=rows[PAGE - 1].id if len(rows) > PAGE else None,
        total=total,
        form=form,
        forms=[one for one in db.session.scalars(taking) if one.version.definition.takes_messages],
        mails=_mails(rows[:PAGE]),
        days=settings().messages_days,
    )


def _mails(rows: list[Enquiry]) -> dict[str, str]:
    """The state of each message's mail, by its key in the outbox."""
    keys = [row.dedupe_key for row in rows]
    query = select(Message.dedupe_key, Message.state).where(Message.dedupe_key.in_(keys))
    found: dict[str, str] = dict(db.session.execute(query).all())
    return found


def enquiry_change(uid: UUID) -> ResponseReturnValue:
    """POST: `do` is `read`, `unread`, `mail` (one that was held back) or `delete`."""
    found = db.session.scalar(select(Enquiry).where(Enquiry.uid == uid, scope.only(Enquiry.list_id)))
    if found is None:
        raise NotFound(f"message {uid}")
    match request.form.get("do", ""):
        case "mail":
            _mail(found)
        case "delete":
            with transaction():
                db.session.execute(delete(Enquiry).where(Enquiry.id == found.id))
                audit.note(door.operator(), "message-deleted", found.form.public_id)
            flash(_("The message has been deleted."))
        case "read" | "unread" as do:
            with transaction():
                read_at = now() if do == "read" else None
                db.session.execute(update(Enquiry).where(Enquiry.id == found.id).values(read_at=read_at))
    form = request.args.get("form")
    return redirect(url_for("admin.enquiries", form=form), HTTPStatus.SEE_OTHER)


def _mail(found: Enquiry) -> None:
    of = found.form.list
    template = compose.template_for(MessageKind.ENQUIRY, of.language, of)
    with transaction():
        was_held = enquiry.mail_now(found.id, template, found.form.messages_to or of.sender_address)
    if was_held:
        ring(deliver.ACTOR)
        flash(_("The message is on its way to %(address)s.", address=found.form.messages_to or of.sender_address))
    else:
        flash(_("This message has already been emailed."))
