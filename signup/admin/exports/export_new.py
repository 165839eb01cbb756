"""A new export: whom and as what, a look at the first rows and at who is left out, and the start."""

from contextlib import suppress
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from signup.access import audit, scope
from signup.admin.exports.export_columns import choices_for
from signup.admin.exports.export_input import ExportInput
from signup.admin.exports.export_words import NOT_TAKEN
from signup.admin.frame import door
from signup.admin.frame.inputs import choices
from signup.admin.frame.route_subject import partners_seen, segments_seen
from signup.admin.frame.words import STATES
from signup.audience.segment import find_version
from signup.consent.mailing_list import MailingList
from signup.consent.partner import Partner
from signup.consent.subscription import Subscription, SubscriptionState
from signup.contacts.contact import Contact
from signup.exports import export_job, export_start, preset_file, selection
from signup.exports.column_set import sets_of
from signup.exports.exclusions import left_out
from signup.exports.export_file import beginning
from signup.exports.export_stream import ExportTerms
from signup.exports.partner_selection import count_agreed
from signup.exports.presets.all_presets import GROUPS, PRESETS, why_off
from signup.exports.presets.mail_services import SUPPRESSION
from signup.exports.selection import Filter, chosen_in
from signup.ground.broker import ring
from signup.ground.db import db, transaction
from signup.ground.errors import NotPossible
from signup.ground.query_planning import plan_for_once

EXPORTED, NOT_EXPORTED = ("list", "status", "segment"), ("q", "quality", "category", "grade", "tag")
"""Filters of the contacts page that a file can follow, and those that would be lost: it would hold everybody."""
MAX_TICKED = 100
"""More than a page of contacts; their ids fit into an address."""


def export_new() -> ResponseReturnValue:
    form = _form(request.form if request.method == "POST" else None)
    if request.method == "POST" and form.validate():
        try:
            _start(form)
            return redirect(url_for("admin.exports"), HTTPStatus.SEE_OTHER)
        except NotPossible as refusal:
            form.format.errors = [str(refusal)]
    return _shown(form)


def export_ticked() -> ResponseReturnValue:
    """From the contacts page: the ticked rows, of the list in view or the one that most of them are on."""
    if request.form.get("all"):
        if any(request.form.get(name) for name in NOT_EXPORTED):
            flash(_("A file cannot follow this search or filter. Tick the people, or save the filter as a segment."))
            back = {name: value for name in (*EXPORTED, *NOT_EXPORTED) if (value := request.form.get(name))}
            return redirect(url_for("admin.contacts", **back), HTTPStatus.SEE_OTHER)  # type: ignore[arg-type]
        asked = {name: request.form.get(name) for name in EXPORTED}
        return redirect(url_for("admin.export_new", **asked), HTTPStatus.SEE_OTHER)  # type: ignore[arg-type]
    ticked = ".".join(uid.replace("-", "") for uid in request.form.getlist("uid")[:MAX_TICKED])
    ids = _contacts(ticked)
    if not ids:
        flash(_("Tick at least one contact."))
        return redirect(url_for("admin.contacts"), HTTPStatus.SEE_OTHER)
    query = select(MailingList.slug).join(Subscription, Subscription.list_id == MailingList.id)
    query = query.where(Subscription.contact_id.in_(ids), scope.only(MailingList.id))
    most = query.group_by(MailingList.slug).order_by(func.count().desc(), MailingList.slug).limit(1)
    slug = request.form.get("list") or db.session.scalar(most) or ""
    return redirect(url_for("admin.export_new", ticked=ticked, list=slug, status="any"), HTTPStatus.SEE_OTHER)


def _contacts(ticked: str) -> list[int]:
    """The ids of the ticked contacts that whoever asks may see."""
    uids = []
    for text in ticked.split("."):
        with suppress(ValueError):
            uids.append(UUID(text))
    query = select(Contact.id).where(Contact.uid.in_(uids), scope.contacts()).order_by(Contact.id)
    return list(db.session.scalars(query))


def export_preview() -> ResponseReturnValue:
    """What would be in the file, and who not."""
    form = _form(request.args)
    if not form.validate():
        return _shown(form)
    chosen, by, preset = _filter(form), _by(form), PRESETS.get(form.format.data)
    mailing_list = scope.mailing_list(form.mailing_list.data)
    terms = ExportTerms(is_masked=by.is_masked, with_proof=by.with_proof)
    plan_for_once()
    try:
        wanted = export_start.wanted_by(by, preset, chosen)
    except NotPossible as refusal:
        form.format.errors = [str(refusal)]
        return _shown(form)
    if preset:
        tables = preset_file.preview(mailing_list.id, preset, wanted, terms)
        total = preset_file.count(mailing_list.id, preset, wanted)
    else:
        tables = [beginning(mailing_list.id, form.format.data, wanted, terms)]
        counted = count_agreed if wanted.get("partner") else selection.count
        total = counted(mailing_list.id, wanted)
    return render_template(
        "admin/exports/export_preview.html",
        form=form,
        list=mailing_list,
        preset=preset,
        label=preset.label if preset else export_start.FORMATS[form.format.data],
        tables=tables,
        total=total,
        left_out={} if wanted.get("partner") else left_out(mailing_list.id, preset, wanted),
        lacks=NOT_TAKEN,
        offers_suppression=bool(preset and preset.name != SUPPRESSION.name),
        is_masked=by.is_masked,
        columns=choices_for(mailing_list.id, preset, wanted),
        column_sets=sets_of(mailing_list.id),
        chosen=sorted(chosen_in(wanted)),
    )


def _form(data: Any) -> ExportInput:
    """The input with its choices; without `data` what the address of the page proposes."""
    asked = request.args
    proposed = {
        "mailing_list": asked.get("mailing_list") or asked.get("list"),
        "status": asked.get("status") or SubscriptionState.CONFIRMED,
        "partner": asked.get("partner", ""),
        "segment": asked.get("segment", ""),
        "format": asked.get("format", "csv"),
        "with_proof": bool(asked.get("with_proof")),
        "ticked": asked.get("ticked", ""),
    }
    form = ExportInput(data) if data is not None else ExportInput(None, data=proposed)
    named = [(row.slug, row.version.name) for row in partners_seen(select(Partner).order_by(Partner.slug))]
    form.partner.choices = choices([("", _("Everyone")), *([] if form.ticked.data else named)])
    if not (scope.shows_companies() and scope.sees_everything()):
        del form.per_household
    states = ((state.value, STATES[state]) for state in SubscriptionState)
    form.mailing_list.choices = choices((row.slug, row.name) for row in scope.mailing_lists())
    form.status.choices = choices([*states, ("any", _("Any status"))])
    of_segments = ((row.slug, row.name) for row in segments_seen())
    form.segment.choices = choices([("", _("Everyone on the list")), *of_segments])
    form.format.choices = _formats()
    return form


def _formats() -> list[SelectChoice]:
    found = [SelectChoice(value, label, optgroup=_("General")) for value, label in export_start.FORMATS.items()]
    if door.may("contacts:unmasked"):
        for group, presets in GROUPS:
            found += [SelectChoice(one.name, one.label, optgroup=str(group)) for one in presets]
    return found


def _shown(form: ExportInput) -> ResponseReturnValue:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render_template("admin/exports/export_new.html", form=form, groups=GROUPS, why_off=why_off), status


def _filter(form: ExportInput) -> Filter:
    columns: dict[str, object] = {"columns": form.columns.data} if form.columns.data else {}
    if form.partner.data:  # a partner gets all of its people
        return {"partner": form.partner.data, **columns}
    chosen: dict[str, object] = {"status": form.status.data, **columns}
    if form.ticked.data:
        chosen["contacts"] = _contacts(form.ticked.data)
    if "per_household" in form and form.per_household.data:
        chosen["household"] = True
    if not form.segment.data:
        return chosen
    # The version is named, so that the file and the log mean the same people whatever is changed meanwhile.
    return {**chosen, "segment": form.segment.data, "version": find_version(form.segment.data).number}


def _by(form: ExportInput) -> export_start.Requester:
    operator = door.operator()
    is_masked = not door.may("contacts:unmasked")
    return export_start.Requester(
        operator.address,
        operator.id,
        is_masked=is_masked,
        with_proof=form.with_proof.data,
        without=tuple(sorted(scope.hidden_keys())),
        is_own=not scope.sees_everything(),
    )


def _start(form: ExportInput) -> None:
    operator, mailing_list = door.operator(), scope.mailing_list(form.mailing_list.data)
    wanted = [(form.format.data, _filter(form))]
    if form.also_suppression.data and form.format.data in PRESETS and form.format.data != SUPPRESSION.name:
        wanted.append((SUPPRESSION.name, {}))
    with transaction():
        runs = [export_start.start(mailing_list.id, format_, chosen, _by(form)) for format_, chosen in wanted]
        db.session.flush()
        for run in runs:
            audit.note(
                operator,
                "export-started",
                str(run.uid),
                mark=run.mark,
                list=mailing_list.slug,
                format=run.format,
                filter=run.filter,
                rows=run.total,
                masked=run.is_masked,
            )
    ring(export_job.ACTOR, *(run.id for run in runs))
    flash(_("The export has started. It will be ready here in a moment."))
