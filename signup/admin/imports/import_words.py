"""Asks what unknown words of a file and mistyped domains mean, and runs the dry run again with the answers."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup.access import audit
from signup.admin.frame import door
from signup.admin.imports.found_import import find_import, may_add_field
from signup.fields.catalogue import MAX_LABEL, CatalogueEntry, code_for
from signup.fields.field import as_options, change, find_field
from signup.fields.kinds.all_kinds import KINDS
from signup.fields.kinds.yes_no import YesNo
from signup.files.import_run import ANSWER, Task
from signup.ground.broker import ring
from signup.ground.db import transaction
from signup.ground.errors import NotFound
from signup.imports import import_job, mapping
from signup.imports.import_choices import Choices
from signup.imports.meaning.exit_column import STATUS
from signup.imports.meaning.status_word import STATES

KEEP, LEAVE_OUT, NEW_OPTION = "keep", "leave", "new"
"""Nothing is decided yet; the word is left out; it becomes an option of its own."""
MAX_BODY = 1_000_000


def options_of(list_id: int, target: str) -> dict[str, str]:
    """What a word of a column can mean: value and label."""
    field = mapping.fields_of(list_id).get(target.removeprefix(ANSWER), {})
    if field.get("type") == YesNo.name:
        return {"yes": str(_("Yes")), "no": str(_("No"))}
    return {str(one["value"]): str(one["label"]) for one in field.get("options", ())}


def may_add_option(target: str) -> bool:
    """Whether the operator may add an option: the field is one of the contact database, not of a form alone."""
    if not may_add_field():
        return False
    try:
        return KINDS[find_field(target.removeprefix(ANSWER)).kind].has_options
    except NotFound:
        return False


def import_words(uid: UUID) -> ResponseReturnValue:
    """Keep what was answered, and try the file again."""
    run = find_import(uid)
    choices = Choices.of(run.choices)
    words = {target: dict(some) for target, some in choices.words.items()}
    fields = (request.form.getlist(name) for name in ("target", "word", "meant"))
    for target, word, chosen in zip(*fields, strict=False):
        if target != STATUS and target not in run.mapping:
            continue
        is_new = chosen == NEW_OPTION and may_add_option(target)
        meant = _add_option(target, word) if is_new else chosen
        known = STATES if target == STATUS else (*options_of(run.list_id, target), LEAVE_OUT)
        words.setdefault(target, {}).pop(word, None)
        if meant in known:
            words[target][word] = "" if meant == LEAVE_OUT else meant
    decided = {**choices.domains, **_domains((run.found or {}).get("typos", {}))}
    with transaction():
        kept = replace(choices, words=words, domains=decided).as_dict()
        if import_job.begin(run.id, Task.CHECK, choices=kept):
            audit.note(door.operator(), "import-answered", str(uid), words=sum(map(len, words.values())))
    ring(import_job.ACTOR, run.id)
    return redirect(url_for("admin.import_show", uid=uid), HTTPStatus.SEE_OTHER)


def _domains(typos: dict[str, Any]) -> dict[str, str]:
    """What each mistyped domain becomes: the one that was meant, or nothing where its rows are left out."""
    chosen = {domain: request.form.get(f"domain-{domain}", KEEP) for domain in typos}
    chosen |= dict.fromkeys({request.form.get("correct", "")} & typos.keys(), "meant")
    return {domain: typos[domain][0] if what == "meant" else "" for domain, what in chosen.items() if what != KEEP}


def _add_option(key: str, word: str) -> str:
    """The value of a new option of a field; empty when somebody changed the field meanwhile."""
    field = find_field(key.removeprefix(ANSWER))
    entries = {entry.value: entry for entry in field.entries}
    code, label = code_for(word, entries), " ".join(word.split())[:MAX_LABEL]
    with transaction():
        if not change(field, field.revision, options=as_options([*entries.values(), CatalogueEntry(code, label)])):
            return ""
        audit.note(door.operator(), "field-changed", field.key, added=code)
    return code
