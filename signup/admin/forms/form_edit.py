"""Writing a form: add one from a preset, change one, keep it as a draft, publish it."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup.access import scope
from signup.access.operator import Role
from signup.admin.forms import form_drafts, form_steps, question_rows
from signup.admin.forms.appearance_input import MODES
from signup.admin.forms.form_adapt_texts import missing_texts, with_translations
from signup.admin.forms.form_drafts import Hindrance, form_input, kept_by, list_of
from signup.admin.forms.form_input import FormInput, fill
from signup.admin.forms.form_publish import (
    VersionMoved,
    first_problem,
    problem_words,
    problems_for,
    publish_draft,
)
from signup.admin.forms.ready_look import READY_LOOKS
from signup.admin.frame import door
from signup.admin.frame.formatting import language
from signup.admin.frame.inputs import choices
from signup.admin.incentives.incentive_upload import store_uploaded, uploaded
from signup.consent.mailing_list import MailingList
from signup.forms.form import Definition, Form
from signup.forms.form_draft import DraftMoved, FormDraft, draft_of, find_with_draft
from signup.forms.looks.contrast import contrasts, text_on
from signup.forms.preset import PRESETS, definition_from
from signup.forms.review import Problem
from signup.ground.db import db, transaction
from signup.ground.errors import NotReady
from signup.ground.i18n import LANGUAGES
from signup.incentives.incentive import MAX_BYTES

EDITOR = "admin/forms/form_edit.html"
WITHOUT = "publish:without"


def form_new() -> ResponseReturnValue:
    """Choose a preset, then write: every preset can go out as it is."""
    lists = scope.mailing_lists()
    if not lists and not scope.sees_everything():
        flash(_("A form needs a list, and you don’t have access to one yet. Ask an administrator."))
        return redirect(url_for("admin.forms"))
    if not lists:
        flash(_("A form needs a list: please add one first."))
        return redirect(url_for("admin.list_new"))
    if request.method == "POST":
        return _act(None, form_input({}))
    preset = PRESETS.get(request.args.get("preset", ""))
    newest = max(lists, key=lambda row: row.id)  # whoever just made a list wants a form for it
    chosen = next((row for row in lists if row.slug == request.args.get("list")), newest)
    if preset is None:
        return render_template("admin/forms/form_new.html", presets=PRESETS, lists=lists, chosen=chosen)
    definition = definition_from(preset, "companies" if request.args.get("for") == "companies" else "people", chosen)
    values = {"mailing_list": chosen.id, "read_for": chosen.id, "name": str(preset.name)}
    return _show(None, None, form_input(fill(definition) | values))


def form_edit(public_id: str) -> ResponseReturnValue:
    """The form's draft, or its version where it has none; by POST what is to be done with what is typed."""
    form, draft = find_with_draft(public_id)
    if request.method == "POST":
        return _act(form, form_input({}, kept=kept_by(form)))  # what was retired since is not newly given
    typed = form_drafts.opened(form, draft)
    if draft is None:
        return _show(form, None, typed)
    checked = _checked(form, draft)
    typed.unsaid = checked.unsaid
    return _show(form, draft, typed, unfinished=form_steps.steps_with_mistakes(checked))


def form_discard(public_id: str) -> ResponseReturnValue:
    """Delete the draft that was seen; a form that was never published goes with it."""
    form, _draft = find_with_draft(public_id)
    try:
        was_live = form_drafts.discard(form, request.form.get("seen_draft", ""))
    except DraftMoved:
        flash(
            _("The draft has changed since you opened it. Nothing was discarded: please look at it first."), "problem"
        )
        return redirect(url_for("admin.form_edit", public_id=public_id), HTTPStatus.SEE_OTHER)
    flash(_("The draft has been discarded."))
    there = url_for("admin.form_edit", public_id=public_id) if was_live else url_for("admin.forms")
    return redirect(there, HTTPStatus.SEE_OTHER)


def _act(form: Form | None, typed: FormInput) -> ResponseReturnValue:
    do = request.form.get("do", "save")
    typed.appearance.form.look.form.take_files()
    _take_incentive(typed)
    hindrance, form_id = None, form.id if form else None
    try:
        if do == "save":
            is_same = form_drafts.is_live_already(form, typed)
            kept = form if form and is_same else form_drafts.keep(form, typed)
            flash(_("Nothing has changed.") if is_same else _("Draft saved. Visitors see it once you publish it."))
            return _back_to(kept)
        if do in {"publish", WITHOUT}:
            outcome = _publish(form, typed, accepts=do == WITHOUT)
            if isinstance(outcome, Form):
                return _back_to(outcome)
            hindrance = outcome
    except (DraftMoved, VersionMoved) as error:
        form = db.session.get(Form, form_id, populate_existing=True) if form_id else None
        hindrance = form_drafts.moved(form, typed, is_version=isinstance(error, VersionMoved))
    except NotReady as error:  # what no input can be blamed for
        typed.name.errors = [*typed.name.errors, str(error)]
    if do.startswith("look:") and (ready := READY_LOOKS.get(do.removeprefix("look:"))):
        typed.appearance.form.wear(ready)
    elif do.partition(":")[0] in question_rows.VERBS:
        question_rows.rearrange(typed, do)
    typed.read_for.data, typed.read_for.raw_data = typed.mailing_list.data, None
    return _show(form, draft_of(form.id) if form else None, typed, hindrance)


def _back_to(form: Form) -> ResponseReturnValue:
    step = form_steps.step_to_show([])
    there = url_for("admin.form_edit", public_id=form.public_id, step=step if step != form_steps.FIRST else None)
    return redirect(there, HTTPStatus.SEE_OTHER)


def _show(
    form: Form | None,
    draft: FormDraft | None,
    typed: FormInput,
    hindrance: Hindrance | None = None,
    unfinished: Sequence[str] = (),
) -> ResponseReturnValue:
    wrong = form_steps.steps_with_mistakes(typed)
    if hindrance and hindrance.why == "promise":
        wrong = ["incentive"]
    colours = typed.appearance.form.colours()
    shown: dict[str, Any] = {
        "live": form.version if form and form.version_id else None,
        "draft": draft,
        "hindrance": hindrance,
        "steps": form_steps.STEPS,
        "step": form_steps.step_to_show(wrong),
        "wrong": wrong,
        "unfinished": unfinished,
        "offered": question_rows.offered_fields(typed),
        "undefined": question_rows.questions_without_field(form),
        "asked_for": missing_texts(typed.unsaid, typed.said),
        "reader": language(),
        "contrasts": contrasts(colours) if colours else [],
    }
    if form is not None and draft is not None:
        shown |= {"author": form_drafts.name_of(draft.operator_id), "drafted": form_drafts.drafted(form, draft)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if typed.errors or hindrance else HTTPStatus.OK
    fixed = {"all_languages": LANGUAGES, "modes": MODES, "ready_looks": READY_LOOKS, "text_on": text_on}
    return render_template(EDITOR, form=form, typed=typed, **fixed, **shown), status


def _take_incentive(typed: FormInput) -> None:
    """Keep the incentive that came along, whatever becomes of the rest of the page, and choose it."""
    content, file_name, media_type = uploaded("incentive")
    chosen = typed.lead_magnet_id
    if len(content) > MAX_BYTES:
        chosen.process_errors = [_("The file is larger than 25 MB.")]
        chosen.errors = chosen.process_errors
    elif content:
        with transaction():
            magnet = store_uploaded(content, file_name, media_type)
        chosen.choices = [*(chosen.choices or ()), *choices([(magnet.id, form_drafts.label_of(magnet))])]
        chosen.data, chosen.raw_data = magnet.id, None


def _checked(form: Form, draft: FormDraft) -> FormInput:
    """The draft with what keeps it from being published."""
    typed = form_input({}, draft.content, kept=kept_by(form, draft))
    if (definition := read(form, typed)) and (mailing_list := list_of(typed)):
        _blame(typed, definition, problems_for(form, definition, mailing_list), mailing_list)
    return typed


def read(form: Form | None, typed: FormInput) -> Definition | None:
    """What was typed as a definition; None, with errors at the inputs, when it is none that this operator may make."""
    if not typed.validate():
        return None
    live = form.version.definition if form and form.version_id else None
    definition = typed.definition(live)
    mailing_list = list_of(typed)
    if definition is None or mailing_list is None:
        return None
    was_single = live is not None and live.opt_in == "single"
    if definition.opt_in == "single" and not was_single and door.operator().role != Role.ADMINISTRATOR:
        typed.opt_in.errors = [_("Only an administrator can choose single opt-in.")]
        return None
    typed.unsaid = with_translations(definition, mailing_list, {})
    return with_translations(definition, mailing_list, typed.said)


def _publish(form: Form | None, typed: FormInput, *, accepts: bool) -> Form | Hindrance | None:
    """Publish it and end its draft; what to tell first, or None, with errors at the inputs, when it may not go out."""
    definition = read(form, typed)
    mailing_list = list_of(typed)
    if definition is None or mailing_list is None:
        return None
    told_for = {form.list_id, typed.read_for.data} if form and form.version_id else {mailing_list.id}
    if mailing_list.id not in told_for:
        return Hindrance("list", mailing_list.name)
    found = problems_for(form, definition, mailing_list, accepts_promise=accepts)
    if found and all(one.why == "promise" for one in found):
        return Hindrance("promise")
    if found:
        _blame(typed, definition, found, mailing_list)
        return None
    own = {"name": typed.name.data or "", "list_id": mailing_list.id, "messages_to": typed.messages_to.data or ""}
    seen = typed.seen_version.data, form_drafts.seen_draft(typed)
    form_id = form.id if form else None
    with transaction():
        return publish_draft(form_id, definition, own, seen, accepts_promise=accepts)


def _blame(typed: FormInput, definition: Definition, found: list[Problem], mailing_list: MailingList) -> None:
    """Each problem at the input that can mend it; what has none here at the name."""
    for one in found:
        is_here = one.part in typed and one.language == definition.language
        name = one.part if is_here else "name"
        text = (
            problem_words(one, mailing_list)
            if is_here
            else first_problem([one, *(other for other in found if other is not one)], mailing_list)
        )
        if not is_here and one.why != "missing":
            text = f"{LANGUAGES[one.language]}: {text}"
        if text not in typed[name].errors:
            typed[name].errors = [*typed[name].errors, text]
