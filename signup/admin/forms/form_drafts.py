"""The editor's input and the draft that keeps it: what inputs hold, saving them, and how two of them differ."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from flask import request
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, FieldList, FileField, FormField
from wtforms.fields.choices import SelectFieldBase

from signup.access import audit, scope
from signup.access.operator import Operator
from signup.admin.forms.form_adapt_texts import SAID, adapt_texts
from signup.admin.forms.form_changes import PARTS, FormChange, changes, text_changes
from signup.admin.forms.form_input import FormInput, fill
from signup.admin.frame import door
from signup.admin.frame.inputs import choices
from signup.admin.frame.route_subject import magnets_seen
from signup.admin.incentives.incentive_input import KIND_WORDS
from signup.consent.mailing_list import MailingList
from signup.fields.value import key_from
from signup.forms.form import Form, FormVersion
from signup.forms.form_draft import DraftMoved, FormDraft, draft_of, end_draft, is_too_long, locked, save_draft
from signup.ground.db import db, transaction
from signup.ground.errors import NotReady
from signup.ground.i18n import LANGUAGES
from signup.ground.i18n import _ as later
from signup.incentives.incentive import Incentive

NOT_KEPT = {"seen_version", "seen_draft", "began", "step"}
"""What a page knows of its own past: no part of a form."""
NOT_SHOWN = {"read_for", "check"}
SPOKEN = {"logo": later("Logo"), "picture": later("Picture")}


def form_input(
    values: dict[str, Any], stored: dict[str, str] | None = None, *, kept: tuple[int, ...] = ()
) -> FormInput:
    """The editor's input: `values`, or what was `stored`, or what the request sent, its texts told for its list.

    `kept` are incentives that stay to be chosen, also when they were retired since.
    """
    is_sent = stored is None and not values
    form = FormInput() if is_sent else FormInput(MultiDict(stored) if stored else None, data=values)
    sent = request.form.to_dict() if is_sent else stored or {}
    form.said = {name: text.replace("\0", "") for name, text in sent.items() if name.startswith(f"{SAID}:")}
    form.mailing_list.choices = choices((row.id, row.name) for row in scope.mailing_lists())
    form.lead_magnet_id.choices = choices(
        [(0, gettext("None")), *_incentives({*kept, 0 if is_sent else form.lead_magnet_id.data})]
    )
    if is_sent and (chosen_list := list_of(form)):
        adapt_texts(form, chosen_list)
    return form


def _incentives(kept: set[int | None]) -> Iterator[tuple[int, str]]:
    on_offer = Incentive.retired_at.is_(None) | Incentive.id.in_(kept - {None, 0})
    mine = {row.id for row in magnets_seen(select(Incentive))}
    for row in db.session.scalars(select(Incentive).where(on_offer).order_by(Incentive.name)):
        if row.id in kept or row.id in mine:
            yield row.id, label_of(row)


def label_of(incentive: Incentive) -> str:
    """An incentive in a list to choose from."""
    return f"{incentive.name} ({incentive.file_name or KIND_WORDS[incentive.kind]})"


def list_of(typed: FormInput) -> MailingList | None:
    """The list that is chosen, if it is one of the operator's."""
    return next((row for row in scope.mailing_lists() if row.id == typed.mailing_list.data), None)


def held(typed: FormInput) -> dict[str, str]:
    """What every input holds, by its name, as a browser would send it."""
    values = {field.name: text for field in _leaves(typed) if (text := _raw(field)) is not None}
    return {name: text.replace("\0", "") for name, text in values.items() if name not in NOT_KEPT} | typed.said


def _leaves(part: Any) -> Iterator[Field]:
    for field in part:
        if isinstance(field, FormField):
            yield from _leaves(field.form)
        elif isinstance(field, FieldList):
            yield from _leaves(field)
        elif not isinstance(field, FileField):
            yield field


def _raw(field: Field) -> str | None:
    if isinstance(field, BooleanField):
        return "y" if field.data else None
    if isinstance(field, SelectFieldBase):
        return str(field.data) if field.data is not None else next(iter(map(str, field.raw_data or ())), None)
    return str(field._value())  # type: ignore[attr-defined]  # noqa: SLF001  # WTForms' word for what it shows


def seen_draft(typed: FormInput) -> UUID | None:
    """The draft that the page was opened with."""
    try:
        return UUID(typed.seen_draft.data or "")
    except ValueError:
        return None


def began_with(form: Form | None, typed: FormInput) -> dict[str, str]:
    """What the inputs held when the page was opened; what visitors see, where it does not say."""
    try:
        found = json.loads(typed.began.data or "")
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return {str(name): str(value) for name, value in found.items()}
    return live_values(form) if form and form.version_id else {}


def opened(form: Form, draft: FormDraft | None) -> FormInput:
    """The editor's input as the page is opened: the draft, else the version."""
    stored = dict(draft.content) if draft else None
    typed = form_input({} if draft else _values_of(form), stored, kept=kept_by(form))
    typed.seen_version.data = draft.based_on if draft else form.version.number
    typed.seen_version.raw_data = None
    typed.seen_draft.data = draft.uid.hex if draft else ""
    typed.began.data = json.dumps(held(typed))
    return typed


def _values_of(form: Form) -> dict[str, Any]:
    own = {"name": form.name, "mailing_list": form.list_id, "read_for": form.list_id, "messages_to": form.messages_to}
    return fill(form.version.definition) | own


def kept_by(form: Form | None, draft: FormDraft | None = None) -> tuple[int, ...]:
    """The incentives that a form gives, now or in its draft: they stay to be chosen."""
    live = form.version.definition.lead_magnet_id if form and form.version_id else None
    drafted = str(draft.content.get("lead_magnet_id", "")) if draft else ""
    return tuple(one for one in (live, int(drafted) if re.fullmatch("[0-9]{1,18}", drafted) else None) if one)


def drafted(form: Form, draft: FormDraft) -> list[FormChange]:
    """What the draft changes of the version that visitors see; empty when they see none."""
    if not form.version_id:
        return []
    return differences(live_values(form), draft.content)


def live_values(form: Form) -> dict[str, str]:
    """What the inputs hold of the version that visitors see."""
    return held(form_input(_values_of(form), None, kept=kept_by(form)))


class Hindrance(NamedTuple):
    """Why what is typed was neither saved nor published as it is, and what to know before trying again.

    Why is `draft` (saved by somebody else), `own draft` (saved in another window), `gone` (discarded), `version`
    (another one is live), `list` (its texts are told for another one) or `promise` (nothing is given).
    """

    why: str
    name: str = ""
    """Of the operator, or of the list."""
    at: datetime | None = None
    changes: Sequence[FormChange] = ()


def moved(form: Form | None, typed: FormInput, *, is_version: bool) -> Hindrance:
    """Tell what somebody else did since the page was opened. What is typed may be put over it the next time."""
    draft = draft_of(form.id) if form else None
    if draft is None or not is_version:
        typed.seen_draft.data = draft.uid.hex if draft else ""
    if draft is not None and not is_version:
        theirs = dict(draft.content)
        why = "own draft" if draft.operator_id == door.operator().id else "draft"
        changed = differences(began_with(form, typed), theirs)
        typed.began.data = json.dumps(theirs)
        return Hindrance(why, name_of(draft.operator_id), draft.saved_at, changed)
    live = form.version if form and form.version_id else None
    before, typed.seen_version.data = typed.seen_version.data, live.number if live else None
    typed.seen_version.raw_data = None
    if live is None or (before is not None and before >= live.number):
        return Hindrance("gone")
    older = db.session.scalar(
        select(FormVersion).where(FormVersion.form_id == live.form_id, FormVersion.number == before)
    )
    seen = changes(older.definition, live.definition) if older else ()
    return Hindrance("version", name_of(live.operator_id), live.created_at, seen)


def name_of(operator_id: int | None) -> str:
    """An operator's name, for another one."""
    author = db.session.get(Operator, operator_id) if operator_id else None
    return (author.name or author.address) if author else gettext("The console")


def discard(form: Form, seen: str) -> bool:
    """Delete the draft `seen`, with a form that was never published. Returns whether the form is still there.

    Raises `DraftMoved`.
    """
    form_id = form.id
    if not re.fullmatch("[0-9a-f]{32}", seen):
        raise DraftMoved
    with transaction():
        form = locked(form_id)
        end_draft(form_id, UUID(seen))
        audit.note(door.operator(), "form-draft-discarded", form.public_id, list=form.list_id)
        if form.version_id is not None:
            return True
        db.session.delete(form)
    return False


def keep(form: Form | None, typed: FormInput) -> Form:
    """Save what is typed as the form's draft. Raises `DraftMoved`; `NotReady` for what is no draft of anything."""
    content, mailing_list = held(typed), list_of(typed)
    form_id = form.id if form else None
    if mailing_list is None:
        raise NotReady(gettext("Choose a list first: a draft belongs to one."))
    if is_too_long(content):
        raise NotReady(gettext("This is too long for a form. Please shorten it."))
    name = (typed.name.data or typed.title.data or gettext("New form"))[:120]
    with transaction():
        form = locked(form_id) if form_id else Form(name=name, list_id=mailing_list.id)
        if form.version_id is None:
            form.name, form.list_id = name, mailing_list.id
            db.session.add(form)
            db.session.flush()
        draft = FormDraft(form_id=form.id, content=content, operator_id=door.operator().id)
        draft.based_on = _based_on(form, typed)
        save_draft(draft, seen_draft(typed))
    return form


def _based_on(form: Form, typed: FormInput) -> int | None:
    if form.version_id is None:
        return None
    seen = typed.seen_version.data
    return seen if seen is not None and 0 < seen <= form.version.number else form.version.number


def is_live_already(form: Form | None, typed: FormInput) -> bool:
    """Whether there is nothing to save: no draft, and what is typed is what visitors see."""
    is_live = form is not None and form.version_id is not None
    return form is not None and is_live and draft_of(form.id) is None and held(typed) == live_values(form)


def differences(before: dict[str, str], after: dict[str, str]) -> list[FormChange]:
    """What differs between what two editors hold, in the order of the page."""
    return text_changes(_in_words(before), _in_words(after))


def _in_words(stored: dict[str, str]) -> dict[str, str]:
    """What inputs hold as an operator reads it: by label, and for a question by its name too."""
    typed = form_input({}, stored)
    words = {_label(field): _text(field) for part in typed if part.name != "questions" for field in _leaves([part])}
    rows = [row.form for row in typed.questions if row.form.label.data]
    for row in rows:
        label = str(row.label.data)
        ident = row.key.data or key_from(label) or label
        words |= {f"{PARTS['fields']} · {ident} · {_label(field)}": _text(field) for field in _leaves(row)}
    words[f"{PARTS['fields']} · {PARTS['order']}"] = "\n".join(str(row.label.data) for row in rows)
    for name, text in typed.said.items():
        _said, language, part = (*name.split(":", 2), "", "")[:3]
        words[f"{LANGUAGES.get(language, language)} · {PARTS.get(part, part)}"] = text
    return {name: text for name, text in words.items() if name}


def _label(field: Field) -> str:
    if field.short_name in NOT_KEPT | NOT_SHOWN:
        return ""
    return str(SPOKEN.get(field.short_name, field.label.text))


def _text(field: Field) -> str:
    if isinstance(field, BooleanField):
        return str(gettext("Yes") if field.data else gettext("No"))
    if isinstance(field, SelectFieldBase):
        return next((str(label) for value, label, *_more in field.iter_choices() if value == field.data), "")
    return str(_raw(field) or "")[:5000]
