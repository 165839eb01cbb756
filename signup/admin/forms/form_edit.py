"""Writing a form: add one from a preset, change one, and its rows of questions."""

from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.access import audit, scope
from signup.access.operator import Role
from signup.admin.forms.appearance_input import MODES
from signup.admin.forms.form_adapt_texts import adapt_texts, missing_texts, with_translations
from signup.admin.forms.form_input import FormInput, fill
from signup.admin.forms.form_publish import first_problem, problem_words, publish
from signup.admin.forms.ready_look import READY_LOOKS
from signup.admin.frame import door
from signup.admin.frame.formatting import language
from signup.admin.frame.inputs import choices
from signup.admin.frame.route_subject import magnets_seen
from signup.admin.incentives.incentive_input import KIND_WORDS
from signup.admin.incentives.incentive_upload import store_uploaded, uploaded
from signup.consent.mailing_list import MailingList
from signup.fields.catalogue import nested, to_text
from signup.fields.field import Field as Defined
from signup.fields.field import active, fields
from signup.fields.kinds.all_kinds import KINDS
from signup.fields.kinds.drop_down import DropDown
from signup.fields.kinds.kind import Widget
from signup.fields.value import key_from
from signup.forms.form import Definition, Form, find_form
from signup.forms.looks.contrast import contrasts, text_on
from signup.forms.preset import PRESETS, definition_from
from signup.forms.question import Question
from signup.forms.review import Problem, review
from signup.ground.db import db, transaction
from signup.ground.i18n import LANGUAGES
from signup.incentives.incentive import MAX_BYTES, Incentive

BLANK = {
    "label": "",
    "type": "text",
    "required": False,
    "is_later": False,
    "key": "",
    "options": "",
    "help": "",
    "check": "",
}
MAX_OPTIONS = 50
"""A longer list is no question for a form: nobody reads it."""
MANY_OPTIONS = 12
"""More than these take less room in a list that opens."""
EDITOR = "admin/forms/form_edit.html"


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
        return _edit(None, form_input({}))
    preset = PRESETS.get(request.args.get("preset", ""))
    newest = max(lists, key=lambda row: row.id)  # whoever just made a list wants a form for it
    chosen = next((row for row in lists if row.slug == request.args.get("list")), newest)
    if preset is None:
        return render_template("admin/forms/form_new.html", presets=PRESETS, lists=lists, chosen=chosen)
    definition = definition_from(preset, "companies" if request.args.get("for") == "companies" else "people", chosen)
    values = {"mailing_list": chosen.id, "read_for": chosen.id, "name": str(preset.name)}
    return _edit(None, form_input(fill(definition) | values))


def form_edit(public_id: str) -> ResponseReturnValue:
    form = find_form(public_id)
    values = {"name": form.name, "mailing_list": form.list_id, "seen_version": form.version.number}
    values |= {"read_for": form.list_id, "messages_to": form.messages_to}
    return _edit(form, form_input(fill(form.version.definition) | values))


def form_input(values: dict[str, Any]) -> FormInput:
    """The editor's input: `values`, or what the request sent, with its texts told for the list it is for."""
    form = FormInput(data=values)
    form.mailing_list.choices = choices((row.id, row.name) for row in scope.mailing_lists())
    chosen = values.get("lead_magnet_id") or 0  # stays to be seen, also when it was retired since
    on_offer = (Incentive.retired_at.is_(None)) | (Incentive.id == chosen)
    found = db.session.scalars(select(Incentive).where(on_offer).order_by(Incentive.name))
    mine = {row.id for row in magnets_seen(select(Incentive))}
    magnets = [row for row in found if row.id == chosen or row.id in mine]
    incentives = ((row.id, f"{row.name} ({row.file_name or KIND_WORDS[row.kind]})") for row in magnets)
    form.lead_magnet_id.choices = choices([(0, _("None")), *incentives])
    if request.method == "POST" and (chosen_list := list_of(form)):
        adapt_texts(form, chosen_list)
    return form


def list_of(typed: FormInput) -> MailingList | None:
    """The list that is chosen, if it is one of the operator's."""
    return next((row for row in scope.mailing_lists() if row.id == typed.mailing_list.data), None)


def _edit(form: Form | None, typed: FormInput) -> ResponseReturnValue:
    do = request.form.get("do", "save") if request.method == "POST" else "show"
    overtaken = moved = False
    definition = None
    if request.method == "POST":
        typed.appearance.form.look.form.take_files()
    if do == "save":
        definition = read(form, typed)
        overtaken = form is not None and typed.seen_version.data not in {None, form.version.number}
        moved = form is not None and typed.mailing_list.data not in {form.list_id, typed.read_for.data}
        if definition is not None and not overtaken and not moved and (saved := _save(form, typed, definition)):
            return redirect(url_for("admin.form_edit", public_id=saved.public_id), HTTPStatus.SEE_OTHER)
    elif do.startswith("look:") and (ready := READY_LOOKS.get(do.removeprefix("look:"))):
        typed.appearance.form.wear(ready)
    elif do not in {"show", "settle"}:
        _rearrange(typed, do)
    if form is not None:  # once told, they may publish over what somebody else did
        typed.seen_version.data = form.version.number
        typed.seen_version.raw_data = None
    typed.read_for.data, typed.read_for.raw_data = typed.mailing_list.data, None
    status = HTTPStatus.UNPROCESSABLE_ENTITY if typed.errors or overtaken or moved else HTTPStatus.OK
    colours = typed.appearance.form.colours()
    shown: dict[str, Any] = {
        "offered": offered_fields(typed),
        "undefined": questions_without_field(form),
        "reader": language(),
    }
    shown |= {"overtaken": overtaken, "moved": moved and list_of(typed), "asked_for": missing_texts(definition)}
    shown |= {"ready_looks": READY_LOOKS, "text_on": text_on}
    shown |= {"contrasts": contrasts(colours) if colours else []}
    return render_template(EDITOR, form=form, typed=typed, all_languages=LANGUAGES, modes=MODES, **shown), status


def offered_fields(typed: FormInput) -> list[Defined]:
    """The fields of the contact database that the form does not ask yet and that a form can ask."""
    asked = {row["key"] or key_from(row["label"] or "") for row in typed.questions.data}
    return [one for one in active() if one.key not in asked and len(one.options) <= MAX_OPTIONS]


def questions_without_field(form: Form | None) -> list[Question]:
    """The form's questions that no field defines yet."""
    known = {one.key for one in fields()}
    return [one for one in form.version.definition.fields if one.key not in known] if form else []


def _row_of(field: Defined, language: str) -> dict[str, Any]:
    """A field as a question: a year is a number that is checked, an entry of a catalogue a choice."""
    kind = KINDS[field.kind]
    entries = [entry for entry, _depth in nested(field.entries)] if kind.has_options else []
    as_list = kind.widget == Widget.RADIOS and len(entries) > MANY_OPTIONS
    return {
        **BLANK,
        "label": field.label_in(language),
        "help": field.help_in(language),
        "key": field.key,
        "type": DropDown.name if as_list else kind.asked_as or field.kind,
        "check": kind.check or field.check,
        "options": to_text(entry._replace(parent="") for entry in entries),
    }


def _rearrange(typed: FormInput, do: str) -> None:
    """Add, move or remove a row of the questions; nothing is saved."""
    rows = [dict(row) for row in typed.questions.data]
    verb, _colon, number = do.partition(":")
    place = int(number) if number.isdecimal() and int(number) < len(rows) else None
    if verb == "add":
        rows.append(dict(BLANK))
    elif verb == "defined":
        wanted = request.form.get("defined", "")
        rows += [_row_of(one, typed.language.data or "en") for one in offered_fields(typed) if one.key == wanted]
    elif place is not None and verb == "remove":
        del rows[place]
    elif place is not None and verb in {"up", "down"}:
        target = max(0, min(len(rows) - 1, place + (-1 if verb == "up" else 1)))
        rows.insert(target, rows.pop(place))
    while typed.questions.entries:
        typed.questions.pop_entry()
    for row in rows[: typed.questions.max_entries]:
        typed.questions.append_entry(row)


def read(form: Form | None, typed: FormInput) -> Definition | None:
    """What was typed as a definition; None, with errors at the inputs, when it is none that this operator may make."""
    if not typed.validate():
        return None
    definition = typed.definition(form.version.definition if form else None)
    mailing_list = list_of(typed)
    if definition is None or mailing_list is None:
        return None
    was_single = form is not None and form.version.definition.opt_in == "single"
    if definition.opt_in == "single" and not was_single and door.operator().role != Role.ADMINISTRATOR:
        typed.opt_in.errors = [_("Only an administrator can choose single opt-in.")]
        return None
    return with_translations(definition, mailing_list)


def _save(form: Form | None, typed: FormInput, definition: Definition) -> Form | None:
    """Publish it, with the file that came along; None, with errors at the inputs, when it may not go out."""
    content, file_name, media_type = uploaded("incentive")
    if len(content) > MAX_BYTES:
        typed.lead_magnet_id.errors = [_("The file is larger than 25 MB.")]
        return None
    mailing_list = db.session.get_one(MailingList, typed.mailing_list.data)
    if found := [one for one in review(definition, mailing_list) if not (content and one.why == "promise")]:
        _blame(typed, definition, found, mailing_list)
        return None
    is_new = form is None
    with transaction():
        form = form or Form()
        own = {"name": typed.name.data or "", "list_id": typed.mailing_list.data}
        own |= {"messages_to": typed.messages_to.data or ""}
        is_changed = not is_new and own != {name: getattr(form, name) for name in own}
        for name, value in own.items():
            setattr(form, name, value)
        if is_changed:
            audit.note(door.operator(), "form-changed", form.public_id, list=form.list_id)
        if content:
            magnet = store_uploaded(content, file_name, media_type)
            definition = definition.model_copy(update={"lead_magnet_id": magnet.id})
        publish(form, definition, "form-added" if is_new else "form-published")
    return form


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
