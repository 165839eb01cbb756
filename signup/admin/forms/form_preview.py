"""The editor's preview: what is typed, as visitors would meet it, in a frame where nothing runs and nothing is sent."""

import re
from http import HTTPStatus
from urllib.parse import urlencode

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from signup.admin.forms.appearance_input import described
from signup.admin.forms.form_drafts import form_input, kept_by
from signup.admin.forms.form_edit import read
from signup.admin.frame.preview_frame import framed
from signup.consent import tracking
from signup.consent.mailing_list import MailingList
from signup.forms.form import Definition, Form, find_form
from signup.forms.form_draft import find_with_draft
from signup.forms.looks.contrast import contrasts
from signup.forms.looks.look_style import page_sheet, pictures_of
from signup.forms.question_cost import asks_phone, cost_of, own_figures, visible
from signup.forms.snippet import hosted_url
from signup.forms.stamp import test_stamp
from signup.ground.db import db
from signup.ground.errors import NotFound
from signup.ground.i18n import LANGUAGES, speaking

WHAT = ("site", "page", "sent", "confirm")  # on a website, its own page, after sending, confirming
SIMPLE = re.compile(r"[#.][\w-]+")  # a selector that the sketched page can hold a button for
EXAMPLE = {"address": "a•••@example.org", "handle": "x", "problem": "", "auto": False, "token": ""}


def form_preview(public_id: str = "") -> ResponseReturnValue:
    """The form as visitors would see it: its draft, else its version, or by POST what is typed but not saved."""
    form, draft = find_with_draft(public_id) if public_id else (None, None)
    if request.method == "GET":
        if form is None:
            raise NotFound("preview")
        if draft is None:
            return _shown(form, form.version.definition, form.list)
    typed = form_input({}, draft.content if draft and request.method == "GET" else None, kept=kept_by(form, draft))
    definition = read(form, typed)
    mailing_list = db.session.get(MailingList, typed.mailing_list.data or 0)
    if definition is None or mailing_list is None:
        return framed(render_template("admin/forms/preview_problem.html", errors=typed.errors))
    return _shown(form, definition, mailing_list)


def form_try(public_id: str) -> ResponseReturnValue:
    """The published form on a sketched page, by the script that websites use: its triggers can be tried."""
    form = find_form(public_id)
    appearance = form.version.definition.appearance
    return render_template(
        "admin/forms/form_try.html",
        form=form,
        language=form.version.definition.language,
        mode=appearance.mode,
        triggers=described(appearance.triggers) if appearance.mode not in {"inline", "tab"} else [],
        selectors=[trigger.selector for trigger in appearance.triggers if SIMPLE.fullmatch(trigger.selector)],
    )


def form_test(public_id: str) -> ResponseReturnValue:
    """The form's own page by a link made now, for an hour: what is sent from there is a test."""
    form = find_form(public_id)
    return redirect(f"{hosted_url(form)}?{urlencode({'test': test_stamp(form.public_id)})}", HTTPStatus.SEE_OTHER)


def _shown(form: Form | None, definition: Definition, mailing_list: MailingList) -> ResponseReturnValue:
    wish = request.values
    what = wish.get("preview_what", "site")
    said = definition.said_in(wish.get("preview_language", ""))
    notes = _notes(form, definition)
    style = page_sheet(definition.appearance, ".shown")
    with speaking(said.language):
        page = render_template(
            "admin/forms/preview.html",
            definition=said,
            what=what if what in WHAT else "site",
            dark=wish.get("preview_dark") == "1",
            style=style,
            pictures=pictures_of(definition.appearance.look),
            notes=notes,
            offered={language: LANGUAGES[language] for language in definition.languages},
            list=mailing_list,
            form={"public_id": ""},
            list_name=mailing_list.name,
            controller=mailing_list.controller,
            privacy_url=mailing_list.privacy_url,
            tracking=tracking.shown(mailing_list.controller, said.language) if said.offers_tracking else (),
            given={},
            problems={},
            preview=True,
            **EXAMPLE,
        )
    return framed(page, style)


def _notes(form: Form | None, definition: Definition) -> str:
    """What the operator should know about what is typed, in their own language."""
    return render_template(
        "admin/forms/_form_notes.html",
        cost=cost_of(definition, own_figures(form.id) if form else {}),
        visible=visible(definition),
        phone=asks_phone(definition),
        contrasts=contrasts(definition.appearance.colours),
        appearance=definition.appearance,
    )
