"""/confirm/<token>: GET shows a page and changes nothing, POST acts. No scanner confirms anybody here.

Only the browser that sent the hosted form confirms in one step: its page posts itself once it is visible.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import insert, update

from signup.addresses import address as addresses
from signup.consent.consent_event import ConsentType
from signup.counts import tally
from signup.counts.event import Event, EventKind
from signup.counts.step import Step
from signup.counts.tally import Measure
from signup.forms import stamp
from signup.forms.input_attributes import question
from signup.forms.looks.look_style import page_look
from signup.ground.broker import ring
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.i18n import settle
from signup.ground.tokens import CONFIRM_TTL, DOWNLOAD_TTL, TokenPurpose, keys
from signup.ground.urls import public_url
from signup.incentives import discount_code
from signup.limits.governor import governor
from signup.limits.limit_rule import VISITOR, network_rules
from signup.mailer import deliver
from signup.signups import co_registration, confirmation, later_questions, resend
from signup.signups.count_step import count_step
from signup.signups.signup import Signup, SignupState
from signup.visitor import framed
from signup.visitor.lead_on import leads_to, may_lead_to
from signup.visitor.visitor_request import this_visit
from signup.visitor.way_home import Home, way_home


def confirm(token: str) -> ResponseReturnValue:
    """GET: the page. POST: `action` is `confirm` (default), `not-me` or `again`."""
    uid = keys().open(TokenPurpose.CONFIRM, token).id
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
    return render_template("visitor/gone.html"), HTTPStatus.GONE


def _confirm(uid: UUID, token: str) -> ResponseReturnValue:
    # Only a browser with the cookie is served the script that sends `auto`.
    method = "same-browser" if request.form.get("auto") == "1" and stamp.has_cookie() else "link"
    done = confirmation.confirm(uid, this_visit(method))
    if done is None:
        return _gone()
    if done:
        ring(deliver.ACTOR)
    return redirect(url_for("forms.confirm", token=token, then=1), HTTPStatus.SEE_OTHER)


def _act(signup: Signup, token: str) -> ResponseReturnValue:
    action = request.form.get("action")
    if action == "again":
        return _send_again(signup, token)
    if action == "not-me":
        _disown(signup)
    return redirect(url_for("forms.confirm", token=token), HTTPStatus.SEE_OTHER)


def _page(signup: Signup, token: str) -> ResponseReturnValue:
    if signup.has_left:
        return _left_page(signup)
    if signup.is_done:
        if request.args.get("then") == "1" and (url := leads_to(signup)):
            return redirect(url, HTTPStatus.SEE_OTHER)
        return confirmed_page(signup, saved=request.args.get("saved") == "1")
    form, shown = signup.form, _shown(signup) | {"token": token}
    if signup.state == SignupState.DISOWNED:
        return render_template("visitor/disowned.html", **shown, form=form)
    if confirmation.is_over(signup):
        page = render_template("visitor/expired.html", **shown, form=form, valid_days=CONFIRM_TTL.days)
        return page, HTTPStatus.GONE
    may_lead_to(shown["definition"].confirmed_url)
    return render_template("visitor/confirm.html", **shown, auto=stamp.is_same_browser(signup.handle))


def _left_page(signup: Signup) -> ResponseReturnValue:
    """An old link of somebody who has unsubscribed since: nothing brings them back but a new sign-up."""
    text = _(
        "%(address)s has left this list. This old link changes nothing.",
        address=addresses.mask(signup.subscription.contact.address),
    )
    again = None if signup.form.archived_at else url_for("forms.show", public_id=signup.form.public_id)
    title, home = _("You are no longer on the list"), _home(signup)
    return render_template("visitor/notice.html", title=title, text=text, again=again, home=home)


def _home(signup: Signup) -> Home | None:
    return way_home(signup.subscription.list.privacy_url, signup.site)


def _shown(signup: Signup) -> dict[str, Any]:
    definition = signup.form_version.definition.said_in(signup.language)
    return {
        "definition": definition,
        "look": page_look(definition.appearance),
        "list": signup.subscription.list,
        "home": _home(signup),
        "address": addresses.mask(signup.subscription.contact.address),
        # Who was added by hand has not seen the words that they agree to.
        "wording": definition.wording if signup.method == "operator" else "",
        "is_test": signup.subscription.contact.is_test,
        "partners": co_registration.of_signup(signup),
    }


def confirmed_page(
    signup: Signup,
    given: Mapping[str, Any] | None = None,
    problems: Mapping[str, str] | None = None,
    *,
    saved: bool = False,
) -> str:
    """The success page: what the visitor gets, and the questions that were left for now."""
    return render_template(
        "visitor/confirmed.html",
        **_shown(signup),
        **_offers(signup),
        valid_days=DOWNLOAD_TTL.days,
        partners_confirmed=signup.state == SignupState.CONFIRMED,
        later=() if saved else later_questions.questions(signup),
        saved=saved,
        later_token=later_questions.token_of(signup),
        form=signup.form,
        given=given or {},
        problems=problems or {},
        **framed.page_values(signup.form.public_id, signup.form_version.definition),
        **_next(signup),
    )


def _next(signup: Signup) -> dict[str, str]:
    url = signup.form_version.definition.said_in(signup.language).confirmed_url
    return {"next_url": url, "next_site": urlsplit(url).hostname or ""}


def _offers(signup: Signup) -> dict[str, Any]:
    magnet, sign = signup.form_version.lead_magnet, keys().sign
    has_link = magnet is not None and magnet.has_link and (magnet.retired_at is None or signup.download_until)
    discount = discount_code.of_contact(magnet.id, signup.contact_id) if magnet and not magnet.has_link else None
    return {
        "magnet": magnet,
        "download": public_url("forms.download", token=sign(TokenPurpose.DOWNLOAD, signup.uid)) if has_link else None,
        "discount": discount,
        "fallback": magnet.fallback if magnet and not magnet.has_link and not discount else "",
        "preferences": public_url("forms.preferences", token=sign(TokenPurpose.PREFERENCES, signup.uid)),
    }


def confirmed_json(signup: Signup) -> dict[str, object]:
    """The answer to a script after a code: what the page would offer."""
    offers, asked = _offers(signup), later_questions.questions(signup)
    told = {"status": "confirmed", "download": offers["download"], "preferences": offers["preferences"]}
    told |= {"incentive": _incentive(offers)}
    said = signup.form_version.definition.said_in(signup.language)
    told |= {"text": said.confirmed_text, "url": said.confirmed_url}
    if asked:
        told["later"] = {"token": later_questions.token_of(signup), "fields": [question(field) for field in asked]}
    return told


def _incentive(offers: Mapping[str, Any]) -> dict[str, object] | None:
    magnet, discount = offers["magnet"], offers["discount"]
    if magnet is None:
        return None
    told: dict[str, object] = {"kind": magnet.kind, "name": magnet.name}
    if discount:
        told |= {"code": discount.code, "expires_at": discount.expires_at and discount.expires_at.isoformat()}
    elif not magnet.has_link:
        told |= {"text": offers["fallback"]}
    return told


def _note_view(signup: Signup) -> None:
    """Record the first view of the page, whoever looks: an activity, not a consent."""
    unseen = Signup.id == signup.id, Signup.viewed_at.is_(None), Signup.state == SignupState.PENDING
    with transaction():
        if (
            db.session.execute(update(Signup).where(*unseen).values(viewed_at=now()).returning(Signup.id)).first()
            is None
        ):
            return
        db.session.execute(
            insert(Event).values(
                contact_id=signup.contact_id, list_id=signup.list_id, kind=EventKind.PAGE_VIEWED, detail={}
            )
        )
        if not signup.subscription.contact.is_test:
            tally.count([{"list_id": signup.list_id, "form_id": signup.form_id, "measure": Measure.OPENED_PAGE}])
        count_step(Step.OPENED, Signup.id == signup.id)


def _disown(signup: Signup) -> None:
    """The person said it was somebody else: no more mail for this sign-up, and the proof says so."""
    visit = this_visit("link")
    said_no = (
        update(Signup)
        .where(Signup.id == signup.id, Signup.state == SignupState.PENDING)
        .values(state=SignupState.DISOWNED)
    )
    with transaction():
        if db.session.execute(said_no.returning(Signup.id)).first() is None:
            return
        count_step(Step.DISOWNED, Signup.id == signup.id)
        count_step(Step.OPENED, Signup.id == signup.id, Signup.viewed_at.is_(None))
        db.session.add(signup.event(ConsentType.DISOWNED, visit))


def _send_again(signup: Signup, token: str) -> ResponseReturnValue:
    """A new mail for an expired link, under the same limits as a new sign-up; the answer never tells which."""
    governor().admit(network_rules(request.remote_addr, *VISITOR))
    if signup.is_pending and confirmation.is_over(signup):
        resend.ask(signup.form_id, UUID(hex=signup.handle), signup.id)
    title, text = (
        _("Check your inbox"),
        _("If we can send a new email, it is on its way. It may take a minute."),
    )
    return render_template("visitor/notice.html", title=title, text=text, token=token)
