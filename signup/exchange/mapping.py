"""Which column is what: chosen last time for the same headings, else recognised by the headings of known programs.

A mapping names for each column a target: `email`, `answer:city`, or nothing for a column that is not imported.
"""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from flask_babel import get_locale
from sqlalchemy import select

from signup.audience.asked import form, form_version
from signup.consent.snapshot import digest
from signup.contacts.field import Field, active, out_of_use
from signup.db import db
from signup.errors import BadFile
from signup.exchange import known_answer
from signup.exchange.cell import ADDRESS, meant
from signup.exchange.column_labels import LABELS
from signup.exchange.heading_words import PHRASES, plain
from signup.exchange.import_run import ANSWER, ImportRun, Task
from signup.exchange.presets.catalogue import target_of
from signup.i18n import DEFAULT, OPERATOR_LANGUAGES, _, speaking

TARGETS: dict[str, Any] = {
    "email": _("E-mail address"),
    "name": _("Whole name"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "language": _("Language"),
    "status": _("Status"),
    "opt_in_at": _("Opt-in time"),
    "opt_in_ip": _("Opt-in IP address"),
    "confirm_at": _("Confirmation time"),
    "confirm_ip": _("Confirmation IP address"),
    "source": _("Source"),
    "wording": _("Hash of the consent text"),
}

# Headings in lower case without accents and signs. What a program alone says is under its name, so that the page can
# tell what it recognised; the rest is what people write in English, French, German, Dutch and Italian.
PRESETS: dict[str, dict[str, str]] = {
    "signup": {
        "email": "email",
        "name": "name",
        "status": "status",
        "status at": "",
        "language": "language",
        "source": "source",
        "signup at": "opt_in_at",
        "signup ip": "opt_in_ip",
        "confirm at": "confirm_at",
        "confirm ip": "confirm_ip",
        "consent text hash": "wording",
        "contact uid": "",
        "export id": "",
    },
    "suppression list": {"email": "email", "email sha256": "", "reason": "status", "since": ""},
    "Mailchimp": {
        "email address": "email",
        "first name": "first_name",
        "last name": "last_name",
        "optin time": "opt_in_at",
        "optin ip": "opt_in_ip",
        "confirm time": "confirm_at",
        "confirm ip": "confirm_ip",
        "leid": "",
        "euid": "",
        "member rating": "",
    },
    "Brevo": {
        "email": "email",
        "firstname": "first_name",
        "lastname": "last_name",
        "prenom": "first_name",
        "nom": "last_name",
        "blocklisted email": "",
        "email blacklist": "",
        "double opt in": "",
        "ext id": "",
        "added time": "",
    },
    "HubSpot": {
        "record id": "",
        "first name": "first_name",
        "last name": "last_name",
        "email": "email",
        "preferred language": "language",
        "original source": "source",
        "lifecycle stage": "",
        "contact owner": "",
    },
    "Klaviyo": {
        "klaviyo id": "",
        "email": "email",
        "first name": "first_name",
        "last name": "last_name",
        "email marketing consent": "status",
        "email marketing consent timestamp": "opt_in_at",
        "doi confirmed at": "confirm_at",
        "source": "source",
        "locale": "language",
    },
    "Sage CRM": {
        "pers firstname": "first_name",
        "pers lastname": "last_name",
        "pers emailaddress": "email",
        "pers source": "source",
        "pers personid": "",
        "person e mail": "email",
    },
    "Salesforce": {"email opt out": "", "lead source": "source", "lead id": ""},
    "Meta": {"fn": "first_name", "ln": "last_name", "email": "email"},
    "Outlook": {
        "e mail address": "email",
        "first name": "first_name",
        "last name": "last_name",
        "e mail display name": "",
        "e mail type": "",
        "language": "language",
    },
    "Google": {
        "e mail 1 value": "email",
        "given name": "first_name",
        "family name": "last_name",
        "first name": "first_name",
        "last name": "last_name",
        "e mail 1 type": "",
        "e mail 1 label": "",
        "group membership": "",
    },
}
MARKS = {
    "signup": {"contact uid", "consent text hash"},
    "suppression list": {"email sha256"},
    "Mailchimp": {"leid", "euid", "optin time", "member rating"},
    "Brevo": {"blocklisted email", "email blacklist", "double opt in"},
    "HubSpot": {"record id", "lifecycle stage"},
    "Klaviyo": {"klaviyo id", "email marketing consent"},
    "Sage CRM": {"pers emailaddress", "pers personid", "person e mail"},
    "Salesforce": {"email opt out", "lead id"},
    "Meta": {"fn", "madid"},
    "Outlook": {"e mail display name", "e mail type"},
    "Google": {"e mail 1 value", "group membership"},
}
"""One of these headings is enough to know the program."""

# A bar parts the headings. Those of address and name are in `heading_words`.
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
    """What each column probably is, by its heading; the address also by the cells of the `first` rows."""
    proposal = _by_headings(names, list_id)
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


def _by_headings(names: Sequence[str], list_id: int) -> Proposal:
    if chosen := _chosen_before(names, list_id):
        return Proposal(chosen, "before")
    known_fields = fields_of(list_id)
    phrases = [plain(name) for name in names]
    program = next((program for program, marks in MARKS.items() if marks & set(phrases)), "")
    known = _our_labels() | _TARGET_OF | PRESETS.get(program, {})
    by_label = {
        plain(str(label)): key for key, one in known_fields.items() for label in one.get("labels", [one["label"]])
    }
    taken: set[str] = set()
    targets: list[str] = []
    for name, words in zip(names, phrases, strict=True):
        target = known.get(words, "")
        bare = name.removeprefix("answers.")
        key = bare if bare in known_fields else by_label.get(words, "")
        key = key or ("" if target else target_of(name.strip().lower(), known_fields))
        is_answer = not target or target.startswith(ANSWER) or bare != name
        if key in known_fields and is_answer and key not in {"first_name", "last_name"}:
            target = ANSWER + key
        targets.append("" if target in taken else target)
        taken.add(target)
    return Proposal(targets, program)


@cache
def _our_labels() -> dict[str, str]:
    """What the headings of our own workbooks are, in every language that they may be in."""
    ours = PRESETS["signup"]
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
    query = select(form_version.c.content).join_from(form_version, form, form.c.id == form_version.c.form_id)
    query = query.where(form.c.list_id == list_id).order_by(form.c.id, form_version.c.number)
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
    chosen = [target for target in targets if target]
    if twice := [target for target in chosen if chosen.count(target) > 1]:
        raise BadFile("mapping", detail=known[twice[0]])
    return list(targets)


def from_text(text: str, names: Sequence[str], proposal: Proposal) -> list[str]:
    """The mapping of a command line, `email=E-mail,answer:city=Town`: changes a proposal. Raises `BadFile`."""
    targets = list(proposal.targets)
    for pair in filter(None, text.split(",")):
        target, _sign, name = (part.strip() for part in pair.partition("="))
        if name not in names:
            raise BadFile("mapping", detail=pair)
        targets = ["" if one == target else one for one in targets]
        targets[list(names).index(name)] = target
    return targets
