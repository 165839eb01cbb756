"""The hosted form: the page itself, what is shown again after a mistake, and the page after sending."""

from collections.abc import Mapping
from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from signup.consent.mailing_list import MailingList
from signup.forms.form import Definition
from signup.forms.live_form import LiveForm, live_form
from signup.forms.stamp import render_stamp
from signup.i18n import settle, speaking
from signup.tokens import Purpose, keys
from signup.urls import origin_of


def show(public_id: str) -> str:
    """GET: the empty form."""
    return page(live_form(public_id))


def page(
    form: LiveForm,
    given: Mapping[str, Any] | None = None,
    problems: Mapping[str, str] | None = None,
    banner: str = "",
) -> str:
    """The form's page, with what was typed and what is wrong with it."""
    settle(form.definition.language)
    g.frame_ancestors = ("'self'", *form.definition.allowed_origins)
    g.form_targets = [origin_of(form.definition.thanks_url)] if form.definition.thanks_url else []
    return render_template(
        "forms/form.html",
        definition=form.definition,
        list_name=form.list_name,
        controller=form.controller,
        privacy_url=form.privacy_url,
        action=url_for("forms.submit", public_id=form.public_id),
        stamp=render_stamp(form.public_id),
        page=request.url,
        referrer=request.referrer or "",
        given=given or {},
        problems=problems or {},
        banner=banner,
    )


def render_form(definition: Definition, mailing_list: MailingList, *, preview: bool = True) -> str:
    """The same page for an editor's preview: nothing can be sent from it."""
    with speaking(definition.language):
        return render_template(
            "forms/form.html",
            definition=definition,
            list_name=mailing_list.name,
            controller=mailing_list.controller,
            privacy_url=mailing_list.privacy_url,
            action="",
            stamp="",
            page="",
            referrer="",
            given={},
            problems={},
            banner="",
            preview=preview,
        )


def thanks(public_id: str) -> ResponseReturnValue:
    """GET: what comes next, and a place for the code of the mail."""
    form = live_form(public_id)
    settle(form.definition.language)
    handle = request.args.get("s", "")
    if handle:
        keys().open(Purpose.CODE, handle)
    return render_template("forms/thanks.html", form=form, definition=form.definition, handle=handle, problem="")
