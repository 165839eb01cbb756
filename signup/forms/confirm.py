"""/confirm/<token>: GET shows a page and changes nothing, POST acts. No scanner confirms anybody here.

Only the browser that sent the hosted form confirms in one step: its page posts itself once it is visible.
"""

from http import HTTPStatus
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import insert, update

from signup import limits, tokens
from signup.activity import tally
from signup.activity.event import Event, Kind
from signup.activity.tally import Measure
from signup.broker import ring
from signup.consent.consent import ConsentEvent, Type
from signup.contacts import address as addresses
from signup.db import db, now, transaction
from signup.errors import TooMany
from signup.forms import confirmation, stamp
from signup.forms.accept import code_hash
from signup.forms.submission import Signup, State
from signup.forms.submit import this_visit
from signup.i18n import settle
from signup.mailer import compose, deliver
from signup.mailer import message as messages
from signup.mailer.message import Message
from signup.tokens import Purpose, keys
from signup.urls import public_url, settings


def confirm(token: str) -> ResponseReturnValue:
    """GET: the page. POST: `action` is `confirm` (default), `not-me` or `again`."""
    uid = keys().open(Purpose.CONFIRM, token).id
    if request.method == "POST" and request.form.get("action", "confirm") == "confirm":
        return _confirm(uid, token)
    signup = confirmation.find_signup(uid)
    if signup is None:
        return _gone()
    settle(signup.language)
    if request.method == "POST":
        return _act(signup, token)
    if signup.is_pending and signup.viewed_at is None and request.method == "GET":
        _note_view(signup)
    return _page(signup, token)


def _gone() -> ResponseReturnValue:
    return render_template("forms/gone.html"), HTTPStatus.GONE


def _confirm(uid: UUID, token: str) -> ResponseReturnValue:
    # Only a browser with the cookie is served the script that sends `auto`.
    method = "same-browser" if request.form.get("auto") == "1" and stamp.has_cookie() else "link"
    done = confirmation.confirm(uid, this_visit(method))
    if done is None:
        return _gone()
    if done:
        ring(deliver.ACTOR)
    return redirect(url_for("forms.confirm", token=token), HTTPStatus.SEE_OTHER)


def _act(signup: Signup, token: str) -> ResponseReturnValue:
    action = request.form.get("action")
    if action == "again":
        return _send_again(signup, token)
    if action == "not-me":
        _disown(signup)
    return redirect(url_for("forms.confirm", token=token), HTTPStatus.SEE_OTHER)


def _page(signup: Signup, token: str) -> ResponseReturnValue:
    form, definition = signup.form, signup.form_version.definition
    shown = {
        "definition": definition,
        "list": signup.subscription.list,
        "address": addresses.mask(signup.subscription.contact.address),
        "token": token,
    }
    if signup.is_done:
        return render_template("forms/confirmed.html", **shown, **_offers(signup))
    if signup.state == State.DISOWNED:
        return render_template("forms/disowned.html", **shown)
    if confirmation.is_over(signup):
        return render_template("forms/expired.html", **shown, form=form), HTTPStatus.GONE
    return render_template("forms/confirm.html", **shown, auto=stamp.is_same_browser(signup.handle))


def _offers(signup: Signup) -> dict[str, object]:
    magnet = signup.form_version.lead_magnet
    sign = keys().sign
    return {
        "magnet": magnet,
        "download": public_url("forms.download", token=sign(Purpose.DOWNLOAD, signup.uid)) if magnet else None,
        "preferences": public_url("forms.preferences", token=sign(Purpose.PREFERENCES, signup.uid)),
    }


def confirmed_json(signup: Signup) -> dict[str, object]:
    """What a script is told after a code: the same things that the page offers."""
    offers = _offers(signup)
    return {"status": "confirmed", "download": offers["download"], "preferences": offers["preferences"]}


def _note_view(signup: Signup) -> None:
    """The first look, whoever looks: an activity, not a consent."""
    first = update(Signup).where(Signup.id == signup.id, Signup.viewed_at.is_(None)).values(viewed_at=now())
    with transaction():
        if db.session.execute(first.returning(Signup.id)).first() is None:
            return
        db.session.execute(
            insert(Event).values(contact_id=signup.contact_id, list_id=signup.list_id, kind=Kind.PAGE_VIEWED, detail={})
        )
        tally.count([{"list_id": signup.list_id, "form_id": signup.form_id, "measure": Measure.OPENED_PAGE}])


def _disown(signup: Signup) -> None:
    """The person said it was somebody else: no more mail for this sign-up, and the proof says so."""
    visit = this_visit("link")
    said_no = update(Signup).where(Signup.id == signup.id, Signup.state == State.PENDING).values(state=State.DISOWNED)
    with transaction():
        if db.session.execute(said_no.returning(Signup.id)).first() is None:
            return
        db.session.add(
            ConsentEvent(
                type=Type.DISOWNED,
                contact_id=signup.contact_id,
                list_id=signup.list_id,
                signup_id=signup.id,
                form_version_id=signup.form_version_id,
                locale=signup.language,
                method=visit.method,
                ip=visit.ip,
                agent=visit.agent,
            )
        )


def _send_again(signup: Signup, token: str) -> ResponseReturnValue:
    """A new mail for an expired link, under the same limits as a new sign-up; the answer never tells which."""
    if signup.is_pending and confirmation.is_over(signup):
        contact = signup.subscription.contact
        canonical = tokens.keys().hash(addresses.parse(contact.address).canonical)
        try:
            limits.governor().admit(limits.sign_up_rules(settings(), canonical, signup.list_id, request.remote_addr))
        except TooMany as error:
            if not limits.is_silent(error.rule):
                raise
        else:
            _renew(signup)
            ring(deliver.ACTOR)
    title, text = (
        _("Look into your mailbox"),
        _("If a new mail may be sent, it is on its way. It can take a minute."),
    )
    return render_template("forms/notice.html", title=title, text=text, token=token)


def _renew(signup: Signup) -> None:
    subscription, code = signup.subscription, tokens.new_code()
    template = compose.template_for(messages.Kind.CONFIRM, signup.language, subscription.list)
    contact = subscription.contact
    revive = (
        update(Signup)
        .where(Signup.id == signup.id, Signup.state == State.PENDING, Signup.expires_at <= now())
        .values(
            expires_at=now(tokens.CONFIRM_TTL),
            code_hash=code_hash(signup.uid, code),
            code_tries=0,
            code_until=now(tokens.CODE_TTL),
        )
    )
    token = keys().sign(Purpose.CONFIRM, signup.uid)
    with transaction():
        if db.session.execute(revive.returning(Signup.id)).first() is None:
            return
        db.session.add(
            Message(
                kind=messages.Kind.CONFIRM,
                priority=messages.Priority.CONFIRM,
                recipient=contact.address,
                recipient_hash=keys().hash(contact.address_key),
                template_hash=template,
                data={"token": token, "code": code},
                dedupe_key=f"confirm:{signup.id}:{token[-16:]}",
                contact_id=contact.id,
                list_id=signup.list_id,
                signup_id=signup.id,
                subscription_id=subscription.id,
            )
        )
