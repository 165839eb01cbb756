"""/download/<token>: the incentive, for the person who confirmed: signed, until a date, counted, revocable.

A link that is used up offers a new one, sent to the mailbox it belongs to; the answer is the same for everybody.
"""

from datetime import timedelta
from http import HTTPStatus

from flask import redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, insert, or_, select, update

from signup.addresses import address as addresses
from signup.consent.subscription import SubscriptionState
from signup.contacts.contact import hash_of
from signup.counts import tally
from signup.counts.event import Event, EventKind
from signup.counts.step import Step
from signup.counts.tally import Measure
from signup.forms.live_form import NO_OFFER
from signup.forms.look_in_mail import own_mail
from signup.ground.broker import ring
from signup.ground.clock import uuid7
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import NotFound, TooMany
from signup.ground.i18n import settle
from signup.ground.tokens import DOWNLOAD_LIMIT, DOWNLOAD_TTL, TokenPurpose, keys
from signup.incentives.incentive import Incentive, IncentiveKind
from signup.limits.governor import governor
from signup.limits.limit_rule import Rule, network_rules
from signup.mailer import compose, deliver
from signup.mailer.message import Message
from signup.mailer.message_kind import MessageKind
from signup.signups import confirmation
from signup.signups.count_step import count_step
from signup.signups.signup import Signup, SignupState

SENT_AGAIN = timedelta(days=1)
SENT_AGAIN_A_DAY = 3
SHUT = "sandbox; default-src 'none'; frame-ancestors 'none'"


def download(token: str) -> ResponseReturnValue:
    """GET: the file as an attachment, or the way to the link; 403 before the confirmation, 410 once it is used up.

    POST: a new link by mail.
    """
    signup = confirmation.find_signup(keys().open(TokenPurpose.DOWNLOAD, token).id)
    magnet = signup.form_version.lead_magnet if signup else None
    if signup is None or magnet is None or not magnet.has_link:
        raise NotFound("download")
    settle(signup.language)
    if request.method == "POST":
        return _send_again(signup, magnet)
    if not signup.is_done:
        return render_template("visitor/download_refused.html", reason="unconfirmed"), HTTPStatus.FORBIDDEN
    url, path, media_type, name = magnet.url, magnet.path, magnet.content_type, magnet.file_name
    is_file = magnet.kind == IncentiveKind.FILE
    if is_file and not path.is_file():
        raise NotFound(f"file {path.name[:12]} of lead magnet {magnet.id}")
    if not (_is_good(signup) if request.method == "HEAD" else _count(signup)):
        return render_template("visitor/download_refused.html", reason="over"), HTTPStatus.GONE
    if not is_file:
        return redirect(url, HTTPStatus.SEE_OTHER)
    response = send_file(path, mimetype=media_type, as_attachment=True, download_name=name)
    # A page or a drawing with a script in it is a file to keep: were it shown all the same, nothing of it runs.
    response.headers["Content-Security-Policy"] = SHUT
    return response


def _still_good() -> ColumnElement[bool]:
    return and_(
        Signup.state.in_((SignupState.CONFIRMED, SignupState.REPEATED)),
        Signup.revoked_at.is_(None),
        Signup.download_until > now(),
        Signup.downloads < DOWNLOAD_LIMIT,
    )


def _is_good(signup: Signup) -> bool:
    return db.session.scalar(select(Signup.id).where(Signup.id == signup.id, _still_good())) is not None


def _count(signup: Signup) -> bool:
    still = (
        update(Signup)
        .where(Signup.id == signup.id, _still_good())
        .values(downloads=Signup.downloads + 1)
        .returning(Signup.downloads)
        .execution_options(synchronize_session=False)
    )
    signup_id, contact_id, list_id, form_id = signup.id, signup.contact_id, signup.list_id, signup.form_id
    is_test = signup.subscription.contact.is_test
    with transaction():
        times = db.session.execute(still).scalar()
        if times is None:
            return False
        db.session.execute(
            insert(Event).values(contact_id=contact_id, list_id=list_id, kind=EventKind.DOWNLOADED, detail={"n": times})
        )
        if not is_test:
            tally.count([{"list_id": list_id, "form_id": form_id, "measure": Measure.DOWNLOADED}])
        if times == 1:
            count_step(Step.TAKEN, Signup.id == signup_id, Signup.state == SignupState.CONFIRMED)
    return True


def _send_again(signup: Signup, magnet: Incentive) -> ResponseReturnValue:
    """Throttled by the mailbox and the visitor's network, whatever became of the link."""
    contact = signup.subscription.contact
    mailbox = keys().hash(addresses.stored(contact.address).canonical)
    a_day = int(SENT_AGAIN.total_seconds())
    try:
        governor().admit(
            [
                Rule("again", f"g:{mailbox}", a_day, SENT_AGAIN_A_DAY),
                *network_rules(request.remote_addr, 10, 30, 100),
            ]
        )
    except TooMany as error:
        if error.rule != "again":
            raise
    else:
        if message_id := _renew(signup, magnet):
            ring(deliver.ACTOR, message_id)
    title, text = (
        _("Check your inbox"),
        _("If we can send a new email, it is on its way. It may take a minute."),
    )
    return render_template("visitor/notice.html", title=title, text=text)


def _renew(signup: Signup, magnet: Incentive) -> int | None:
    """Make a link good again that ran out by itself, and mail it; never one that an operator ended."""
    subscription, contact = signup.subscription, signup.subscription.contact
    template = compose.template_for(
        MessageKind.MAGNET, signup.language, subscription.list, own_mail(signup.form_version.definition)
    )
    ran_out = or_(Signup.download_until.is_(None), Signup.download_until <= now(), Signup.downloads >= DOWNLOAD_LIMIT)
    revive = (
        update(Signup)
        .where(Signup.id == signup.id, Signup.state.in_((SignupState.CONFIRMED, SignupState.REPEATED)))
        .where(Signup.revoked_at.is_(None), ran_out)
        .values(downloads=0, download_until=now(DOWNLOAD_TTL))
        .returning(Signup.id)
        .execution_options(synchronize_session=False)
    )
    if magnet.retired_at is not None or subscription.state != SubscriptionState.CONFIRMED:
        return None
    sign, uid = keys().sign, uuid7()
    message = Message(
        uid=uid,
        kind=MessageKind.MAGNET,
        priority=MessageKind.MAGNET.rules.priority,
        recipient=contact.address,
        recipient_hash=hash_of(contact.address_key),
        template_hash=template,
        data={
            **NO_OFFER,
            "magnet": magnet.name,
            "download": sign(TokenPurpose.DOWNLOAD, signup.uid),
            "unsubscribe": sign(TokenPurpose.UNSUBSCRIBE, subscription.uid),
            "preferences": sign(TokenPurpose.PREFERENCES, contact.uid),
        },
        dedupe_key=f"again:{uid.hex}",
        contact_id=contact.id,
        list_id=signup.list_id,
        signup_id=signup.id,
        subscription_id=subscription.id,
    )
    delivered = {"name": magnet.name}
    with transaction():
        if db.session.execute(revive).first() is None:
            return None
        db.session.add(message)
        db.session.add(
            Event(contact_id=contact.id, list_id=message.list_id, kind=EventKind.DELIVERED, detail=delivered)
        )
    return message.id
