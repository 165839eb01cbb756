"""Writing a form: add and change one, its rows of questions, the preview, and the files it may give."""

from http import HTTPStatus
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.admin import audit, guard
from signup.admin.form_input import FormInput, fill
from signup.admin.inputs import MagnetInput, choices
from signup.admin.operator import Role
from signup.consent.mailing_list import MailingList
from signup.db import db, transaction
from signup.errors import NotFound
from signup.forms.form import Definition, Form, find_form
from signup.forms.lead_magnet import MAX_BYTES, LeadMagnet, store
from signup.forms.show import render_form

BLANK = {"label": "", "type": "text", "required": False, "key": "", "options": "", "help": ""}
PREVIEW_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'; sandbox"
)


def form_new() -> ResponseReturnValue:
    """A form starts from defaults that can go out as they are."""
    lists = _lists()
    if not lists:
        flash(_("A form needs a list: please add one first."))
        return redirect(url_for("admin.list_new"))
    return _edit(None, _input(lists, _defaults(lists[0])))


def form_edit(public_id: str) -> ResponseReturnValue:
    form = find_form(public_id)
    return _edit(
        form, _input(_lists(), fill(form.version.definition) | {"name": form.name, "mailing_list": form.list_id})
    )


def _lists() -> list[MailingList]:
    return list(db.session.scalars(select(MailingList).order_by(MailingList.name)))


def _defaults(first: MailingList) -> dict[str, Any]:
    wording = _(
        "I would like to get “%(list)s” by e-mail from %(controller)s. I can leave at any time, by the link"
        " in every mail.",
        list=first.name,
        controller=first.controller,
    )
    question = BLANK | {"label": _("First name"), "key": "first_name"}
    return {
        "mailing_list": first.id,
        "language": first.language,
        "title": first.name,
        "wording": wording,
        "questions": [question],
    }


def _input(lists: list[MailingList], values: dict[str, Any]) -> FormInput:
    form = FormInput(data=values)
    form.mailing_list.choices = choices((row.id, row.name) for row in lists)
    magnets = db.session.scalars(select(LeadMagnet).order_by(LeadMagnet.name))
    files = ((row.id, f"{row.name} ({row.file_name})") for row in magnets)
    form.lead_magnet_id.choices = choices([(0, _("None")), *files])
    return form


def _edit(form: Form | None, typed: FormInput) -> ResponseReturnValue:
    do = request.form.get("do", "save") if request.method == "POST" else "show"
    if do == "save":
        if (definition := _read(form, typed)) is not None:
            saved = _publish(form, typed, definition)
            flash(_("Version %(n)s of the form is published.", n=saved.version.number))
            return redirect(url_for("admin.form_edit", public_id=saved.public_id), HTTPStatus.SEE_OTHER)
    elif do != "show":
        _rearrange(typed, do)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if typed.errors else HTTPStatus.OK
    return render_template("admin/form_edit.html", form=form, typed=typed), status


def _rearrange(typed: FormInput, do: str) -> None:
    """Add, move or remove a row of the questions; nothing is saved."""
    rows = [dict(row) for row in typed.questions.data]
    verb, _colon, number = do.partition(":")
    place = int(number) if number.isdecimal() and int(number) < len(rows) else None
    if verb == "add":
        rows.append(dict(BLANK))
    elif place is not None and verb == "remove":
        del rows[place]
    elif place is not None and verb in {"up", "down"}:
        target = max(0, min(len(rows) - 1, place + (-1 if verb == "up" else 1)))
        rows.insert(target, rows.pop(place))
    while typed.questions.entries:
        typed.questions.pop_entry()
    for row in rows[: typed.questions.max_entries]:
        typed.questions.append_entry(row)


def _read(form: Form | None, typed: FormInput) -> Definition | None:
    if not typed.validate():
        return None
    definition = typed.definition(form.version.definition.kind if form else "signup")
    was_single = form is not None and form.version.definition.opt_in == "single"
    if definition and definition.opt_in == "single" and not was_single and guard.operator().role != Role.ADMINISTRATOR:
        typed.opt_in.errors = [_("Only an administrator may choose single opt-in.")]
        return None
    return definition


def _publish(form: Form | None, typed: FormInput, definition: Definition) -> Form:
    is_new = form is None
    with transaction():
        form = form or Form()
        form.name, form.list_id = typed.name.data or "", typed.mailing_list.data
        version = form.publish(definition, guard.operator().id)
        action = "form-added" if is_new else "form-published"
        audit.note(
            guard.operator(), action, form.public_id, version=version.number, hash=version.hash[:16], list=form.list_id
        )
    return form


def form_preview(public_id: str = "") -> ResponseReturnValue:
    """The form as visitors see it: the current version, or by POST what is typed but not saved."""
    form = find_form(public_id) if public_id else None
    if request.method == "GET":
        if form is None:
            raise NotFound("preview")
        return _framed(render_form(form.version.definition, form.list, preview=True))
    typed = _input(_lists(), {})
    definition = _read(form, typed)
    mailing_list = db.session.get(MailingList, typed.mailing_list.data or 0)
    if definition is None or mailing_list is None:
        return _framed(render_template("admin/preview_problem.html", errors=typed.errors))
    return _framed(render_form(definition, mailing_list, preview=True))


def _framed(page: str | Response) -> Response:
    answer = make_response(page)
    answer.headers["Content-Security-Policy"] = PREVIEW_CSP
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def magnets() -> ResponseReturnValue:
    """The files that forms may give, and adding one."""
    form, problem = MagnetInput(), ""
    if request.method == "POST" and form.validate():
        file = request.files.get("file")
        content = file.read(MAX_BYTES + 1) if file else b""
        if file is None or not content:
            problem = _("Please choose a file.")
        elif len(content) > MAX_BYTES:
            problem = _("The file is larger than 25 MB.")
        else:
            _add_magnet(form.name.data or "", file.filename or "file", content, file.mimetype)
            return redirect(url_for("admin.magnets"), HTTPStatus.SEE_OTHER)
    rows = list(db.session.scalars(select(LeadMagnet).order_by(LeadMagnet.id.desc())))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem or form.errors else HTTPStatus.OK
    return render_template("admin/magnets.html", magnets=rows, form=form, problem=problem), status


def _add_magnet(name: str, file_name: str, content: bytes, content_type: str) -> None:
    plain = "".join(char for char in file_name.replace("\\", "/").rpartition("/")[2] if char.isprintable()).strip(". ")
    with transaction():
        magnet = store(name, plain[-120:] or "file", content, content_type[:100] or "application/octet-stream")
        db.session.add(magnet)
        audit.note(guard.operator(), "file-added", name, size=len(content), sha256=magnet.sha256)
    flash(_("The file is added. Choose it in a form."))
