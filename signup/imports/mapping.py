"""Which column is what: chosen last time for the same headings, else recognised by the headings of known programs, else
by common headings.

A mapping names for each column a target: `email`, `answer:city`, or nothing for a column that is not imported.
"""

import json
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, NamedTuple

from flask_babel import get_locale
from sqlalchemy import select

from signup.consent.snapshot import digest
from signup.exports.column_labels import LABELS
from signup.exports.presets.all_presets import target_of
from signup.fields import known_answer
from signup.fields.field import Field, active, out_of_use
from signup.files.import_run import ANSWER, ImportRun, Task
from signup.forms.form import Form, FormVersion
from signup.ground.db import db
from signup.ground.errors import BadFile
from signup.ground.i18n import DEFAULT, OPERATOR_LANGUAGES, _, speaking
from signup.imports.known_program import IGNORE, program_of, programs
from signup.imports.meaning.exit_column import (
    FLAG_TARGETS,
    IS_CONFIRMED,
    STATUS,
    columns_of,
    is_status,
    suspects,
    target_by_heading,
)
from signup.imports.meaning.heading_words import PHRASES, plain
from signup.imports.meaning.status_word import BOUNCED, COMPLAINED, PENDING, UNSUBSCRIBED
from signup.imports.readers.cell import ADDRESS, meant

TARGETS: dict[str, Any] = {
    "email": _("Email address"),
    "name": _("Full name"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "language": _("Language"),
    "status": _("Status, or subscribed: yes or no"),
    IS_CONFIRMED: _("Confirmed: yes or no"),
    PENDING: _("Not confirmed yet: yes or no"),
    UNSUBSCRIBED: _("Unsubscribed: time, reason, yes or no"),
    BOUNCED: _("Bounced: time, reason, yes or no"),
    COMPLAINED: _("Complained: time, yes or no"),
    "opt_in_at": _("Opt-in time"),
    "opt_in_ip": _("Opt-in IP address"),
    "confirm_at": _("Confirmation time"),
    "confirm_ip": _("Confirmation IP address"),
    "source": _("Source"),
    "wording": _("Hash of the consent text"),
    IGNORE: _("– not imported: does not show who unsubscribed –"),
}
OFTEN = {STATUS, IS_CONFIRMED, *FLAG_TARGETS, IGNORE}
"""Targets that several columns may have."""

# Headings in lower case without accents and signs, as people write them; a bar parts them. Those of address and name
# are in `heading_words`.
COMMON = {
    "language": "language|lang|langue|sprache|taal|lingua|locale",
    "status": "status|state|statut|stato|status file name",
    "opt_in_at": "opt in time|opt in date|optin time|optin date|opt in at|signup at|signup date|sign up date"
    "|subscribed at|subscribed on|date inscription|date d inscription|inscrit le|inscrite le|anmeldedatum|angemeldet am"
    "|aangemeld op|iscritto il",
    "opt_in_ip": "opt in ip|optin ip|signup ip|ip|ip address|adresse ip|ip adresse",
    "confirm_at": "confirm at|confirmed at|confirm time|confirmation date|date de confirmation",
    "confirm_ip": "confirm ip|confirmation ip",
    "source": "source|origine|quelle|herkunft|bron|fonte|lead source",
}
_PHRASES = {ANSWER + key: phrases for key, phrases in known_answer.HEADINGS.items()} | PHRASES | COMMON
_TARGET_OF = {phrase: target for target, phrases in _PHRASES.items() for phrase in phrases.split("|")}


class Proposal(NamedTuple):
    """A mapping to look at, and where it is from: a program's name, `before`, or empty for single headings."""

    targets: list[str]
    known_as: str = ""


def propose(names: Sequence[str], list_id: int, first: Sequence[Sequence[str]] = ()) -> Proposal:
    """What each column probably is, by its heading and the cells of the `first` rows, where they are known."""
    proposal = _by_headings(names, list_id, columns_of(first, len(names)))
    targets = with_address(proposal.targets, first)
    if targets == proposal.targets:
        return proposal
    return Proposal(targets, "" if proposal.known_as == "before" else proposal.known_as)


def with_address(targets: list[str], first: Sequence[Sequence[str]]) -> list[str]:
    """`targets` with the column that holds the addresses, where the headings name none or one without any."""
    counts = [0] * len(targets)
    for row in first:
        for place, cell in enumerate(row[: len(targets)]):
            text = meant(cell.strip())
            counts[place] += 2 * bool(ADDRESS.fullmatch(text)) or bool(ADDRESS.search(text))
    if not any(counts) or ("email" in targets and counts[targets.index("email")]):
        return targets
    best = counts.index(max(counts))
    return ["email" if place == best else "" if one == "email" else one for place, one in enumerate(targets)]


def _by_headings(names: Sequence[str], list_id: int, columns: Sequence[Sequence[str]]) -> Proposal:
    if chosen := _chosen_before(names, list_id):
        return Proposal(chosen, "before")
    known_fields = fields_of(list_id)
    phrases = [plain(name) for name in names]
    program, ours = program_of(phrases), _our_labels()
    by_label = {
        plain(str(label)): key for key, one in known_fields.items() for label in one.get("labels", [one["label"]])
    }
    taken: set[str] = set()
    targets: list[str] = []
    for name, word, column in zip(names, phrases, columns, strict=True):
        target = program.targets.get(word, _TARGET_OF.get(word, ours.get(word)))
        if word == "state" and target == STATUS and not is_status(column):  # of the Union, or of a federation
            target = None
        bare = name.removeprefix("answers.")
        key = bare if bare in known_fields else by_label.get(word, "")
        key = key or (target_of(name.strip().lower(), known_fields) if target is None else "")
        is_answer = not target or target.startswith(ANSWER) or bare != name
        if key in known_fields and is_answer and key not in {"first_name", "last_name"}:
            target = ANSWER + key
        if target is None:
            target = target_by_heading(name, column)
        targets.append("" if target in taken else target)
        taken |= {target} - OFTEN
    return Proposal(targets, program.name)


@cache
def _our_labels() -> dict[str, str]:
    """What the headings of our own workbooks are, in every language that they may be in."""
    ours = next(one.targets for one in programs() if one.name == "signup")
    found: dict[str, str] = {}
    for language in OPERATOR_LANGUAGES:
        with speaking(language):
            found |= {plain(str(label)): ours[plain(name)] for name, label in LABELS.items() if plain(name) in ours}
    return found


def _chosen_before(names: Sequence[str], list_id: int) -> list[str]:
    query = select(ImportRun.mapping).where(
        ImportRun.headings_hash == hash_of(names), ImportRun.list_id == list_id, ImportRun.task != Task.READ
    )
    return db.session.scalar(query.order_by(ImportRun.id.desc()).limit(1)) or []


def hash_of(names: Sequence[str]) -> str:
    """What makes two files' headings the same."""
    return digest(json.dumps([name.strip().lower() for name in names]))


def fields_of(list_id: int) -> dict[str, dict[str, Any]]:
    """What a column may be, by key: the fields of the contact database, and what else the list's forms ask, as the
    newest version asks it.
    """
    gone = out_of_use()
    asked = {key: field for key, field in _asked(list_id).items() if key not in gone}
    return asked | {one.key: _as_question(one) for one in active()}


def _as_question(field: Field) -> dict[str, Any]:
    return {
        "key": field.key,
        "label": field.label_in(str(get_locale() or DEFAULT)),
        "labels": list(field.labels.values()),
        "type": field.kind,
        "options": field.options,
        "spellings": field.spellings,
    }


def _asked(list_id: int) -> dict[str, dict[str, Any]]:
    query = select(FormVersion.content).join(Form, Form.id == FormVersion.form_id)
    query = query.where(Form.list_id == list_id).order_by(Form.id, FormVersion.number)
    asked = {field["key"]: field for content in db.session.scalars(query) for field in content["fields"]}
    return known_answer.fields() | asked


def choices(list_id: int) -> dict[str, str]:
    """Every target and its label, for a list."""
    asked = {ANSWER + key: str(field["label"]) for key, field in fields_of(list_id).items()}
    fixed = {target: str(label) for target, label in TARGETS.items()}
    return fixed | {key: label for key, label in asked.items() if key.removeprefix(ANSWER) not in TARGETS}


def check(targets: Sequence[str], names: Sequence[str], list_id: int) -> list[str]:
    """`targets` as they can be stored. Raises `BadFile` unless there is one for each column, and one is the address."""
    known = choices(list_id)
    if len(targets) != len(names):
        raise BadFile("mapping", detail=f"{len(targets)} / {len(names)}")
    if unknown := [target for target in targets if target and target not in known]:
        raise BadFile("mapping", detail=unknown[0])
    if "email" not in targets:
        raise BadFile("no-address")
    chosen = [target for target in targets if target and target not in OFTEN]
    if twice := [target for target in chosen if chosen.count(target) > 1]:
        raise BadFile("mapping", detail=known[twice[0]])
    return list(targets)


def unmapped_exit(names: Sequence[str], targets: Sequence[str], cells: Sequence[Collection[str]]) -> BadFile | None:
    """Why a file must not go in like this: a column that is not imported seems to say who left."""
    found = suspects(names, targets, cells)
    return BadFile("exit-column", column=found[0]) if found else None


def from_text(text: str, names: Sequence[str], proposed: Sequence[str]) -> list[str]:
    """The mapping of a command line, `email=E-mail,answer:city=Town`: changes a proposal. Raises `BadFile`."""
    targets = list(proposed)
    for pair in filter(None, text.split(",")):
        target, _sign, name = (part.strip() for part in pair.partition("="))
        if name not in names:
            raise BadFile("mapping", detail=pair)
        if target not in OFTEN:
            targets = ["" if one == target else one for one in targets]
        targets[list(names).index(name)] = target
    return targets


def without_columns(targets: Sequence[str], ignored: Sequence[str], names: Sequence[str]) -> list[str]:
    """`targets` without the columns of these headings. Raises `BadFile`."""
    if unknown := [name for name in ignored if name not in names]:
        raise BadFile("mapping", detail=unknown[0])
    return [IGNORE if name in ignored else target for name, target in zip(names, targets, strict=True)]
