"""The hosted form: the page itself, and what is shown again after a mistake."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup.addresses.mailbox_provider import PROVIDERS
from signup.forms import form_rendering
from signup.forms.form_rendering import Surface
from signup.forms.live_form import LiveForm, live_form
from signup.forms.looks.look_style import page_look
from signup.forms.stamp import is_over, is_test_stamp, render_stamp
from signup.ground.errors import NeedsProof
from signup.ground.i18n import LANGUAGES, settle
from signup.signups import attack_level, proof_of_work
from signup.visitor import framed, hints
from signup.visitor.lead_on import may_lead_to


def show(public_id: str) -> ResponseReturnValue:
    """GET: the empty form, in the visitor's language. While it is hot its puzzle is solved while the visitor types.

    `?test=` with a stamp for tests: what is sent from this page is one.
    """
    form, now = form_in_language(public_id), attack_level.current_level()
    if (test := request.args.get("test", "")) and is_over(test):
        text = _("This test has expired. Please open the form from the admin again.")
        return render_template("visitor/notice.html", title=_("This is a test"), text=text), HTTPStatus.GONE
    if not now.is_up:
        return page(form)
    bits = proof_of_work.BITS + now.level
    return page(form, work=NeedsProof(proof_of_work.new(public_id, bits, was_counted=False), bits))


def form_in_language(public_id: str) -> LiveForm:
    """The form in the language of this request (`lang`, else the browser's), which answers in it."""
    form = live_form(public_id).for_visitor(request.args.get("lang", ""), request.accept_languages)
    settle(form.definition.language)
    return form


def page(
    form: LiveForm,
    given: Mapping[str, Any] | None = None,
    problems: Mapping[str, str] | None = None,
    banner: str = "",
    work: NeedsProof | None = None,
) -> str:
    """The form's page, with what was typed, what is wrong with it, and the proof of work it must bring."""
    settle(form.definition.language)
    typed = given or {}
    carried = typed.get("token") or request.args.get("test", "")
    framed.allow_framing(form.definition)
    may_lead_to(form.definition.thanks_url)
    is_test = bool(carried) and is_test_stamp(form.public_id, carried)
    shown = render_template(
        "visitor/form.html",
        definition=form.definition,
        look=page_look(form.definition.appearance),
        list_name=form.list_name,
        controller=form.controller,
        privacy_url=form.privacy_url,
        action=url_for("forms.submit", public_id=form.public_id, **framed.frame_parameter()),
        seen=url_for("forms.seen", public_id=form.public_id),
        **framed.page_values(form.public_id, form.definition),
        domains=list(PROVIDERS),
        watched=hints.watched_keys(form.definition),
        stamp=form_rendering.STAMP,
        is_test=is_test,
        page=form_rendering.PAGE,
        referrer=form_rendering.REFERRER,
        partners=form.partners,
        tracking=form.tracking,
        given=typed,
        problems=problems or {},
        banner=banner,
        work=work,
        wait=int(proof_of_work.WAIT.total_seconds()),
        script=True,
        public_id=form.public_id,
        offered={language: LANGUAGES[language] for language in form.in_language},
    )
    if request.method == "GET" and not is_test and not work:
        form_rendering.keep(form, Surface.FRAME if framed.is_framed() else Surface.PAGE, shown)
    return form_rendering.fill(shown, _of_request(form, typed, carried))


def _of_request(form: LiveForm, typed: Mapping[str, Any], carried: str) -> dict[str, str]:
    """What stands for the marks of a kept page."""
    is_framed = framed.is_framed()
    return {
        # What is sent again keeps its stamp: a new one would be too fresh for a browser that is quick.
        form_rendering.STAMP: carried or render_stamp(form.public_id),
        # In a frame the website around it is the page, as far as its browser tells.
        form_rendering.PAGE: typed.get("page") or (is_framed and request.referrer) or request.url,
        form_rendering.REFERRER: typed.get("referrer") or ("" if is_framed else request.referrer or ""),
    }
