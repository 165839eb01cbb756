"""Texts into a catalogue: put together by spelling, looked at and corrected before anything moves."""

from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup.access import audit
from signup.admin.frame import door
from signup.admin.frame.formatting import language
from signup.admin.frame.number import whole
from signup.fields import spelling
from signup.fields.catalogue import MAX_LABEL, CatalogueEntry, code_for
from signup.fields.field import Field, FieldState, as_options, change, find_field
from signup.fields.kinds.choice import Choice
from signup.fields.kinds.nested_choice import Catalogue
from signup.fields.kinds.text import Text
from signup.fields.spelling import AT_ONCE, clusters, respell, texts_of
from signup.fields.value import MAX_TEXT, letters_of
from signup.ground.db import transaction
from signup.ground.errors import NotFound

MAX_BODY = 1_000_000


def field_spellings(key: str) -> ResponseReturnValue:
    """GET: every text with the entry it would become. POST: make them entries."""
    field = find_field(key)
    if field.state != FieldState.ACTIVE or field.kind not in {Text.name, Choice.name, Catalogue.name}:
        raise NotFound(f"spellings of {key}")
    problem = ""
    if request.method == "POST":
        wanted = _wanted()
        if not wanted:
            problem = _("Nothing would change: enter a new value next to at least one text.")
        elif _convert(field, wanted):
            return redirect(url_for("admin.field_edit", key=key), HTTPStatus.SEE_OTHER)
        else:
            problem = _("Someone changed the field while you were on this page. Nothing was saved: please check again.")
    texts = texts_of(field)
    return render_template(
        "admin/fields/field_spellings.html",
        field=field,
        label=field.label_in(language()),
        clusters=clusters(texts),
        known={letters_of(entry.label): entry.label for entry in field.entries},
        typed=_wanted() if request.method == "POST" else None,
        entries=field.entries,
        people=sum(one.n for one in texts),
        n_texts=len(texts),
        is_capped=len(texts) == spelling.MAX_TEXTS,
        problem=problem,
        letters=letters_of,
    ), HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK


def _wanted() -> dict[str, str]:
    """Each text and the label it is to become, as typed; what is left empty stays as it is."""
    pairs = zip(request.form.getlist("text"), request.form.getlist("to"), strict=False)
    named = {text: " ".join(to.split())[:MAX_LABEL] for text, to in pairs if 0 < len(text) <= MAX_TEXT}
    return {text: to for text, to in named.items() if to and to.isprintable()}


def _convert(field: Field, wanted: dict[str, str]) -> bool:
    """Make the labels entries and note which text is which; False when somebody changed the field meanwhile."""
    entries = {entry.value: entry for entry in field.entries}
    by_letters = {letters_of(entry.label) or entry.label: entry.value for entry in field.entries}
    spellings = dict(field.spellings)
    for text, label in wanted.items():
        letters = letters_of(label) or label
        if letters not in by_letters:
            code = code_for(label, entries)
            entries[code] = CatalogueEntry(code, label)
            by_letters[letters] = code
        spellings[text] = by_letters[letters]
    kind = Catalogue.name if field.kind == Text.name else field.kind
    values = {"kind": kind, "reason": "", "options": as_options(entries.values()), "spellings": spellings}
    with transaction():
        seen = request.form.get("seen", type=whole) or 0
        if not change(field, seen, **values):
            return False
        audit.note(door.operator(), "field-respelt", field.key, texts=len(wanted), entries=len(entries))
    # What is not done while the operator waits, the chore does.
    if respell(find_field(field.key), AT_ONCE):
        flash(_("Done: the texts are now entries in the catalogue."))
    else:
        flash(_("The catalogue is ready. Contacts are still being updated, which may take a few minutes."))
    return True
