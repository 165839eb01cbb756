"""What differs between two versions of a form, part by part, in words an operator reads."""

import difflib
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from signup.admin.forms.appearance_input import described
from signup.forms.form import Definition
from signup.ground.i18n import LANGUAGES, _

PARTS = {
    "kind": _("Type"),
    "language": _("Language"),
    "title": _("Title"),
    "intro": _("Introduction"),
    "button": _("Button"),
    "wording": _("Consent wording"),
    "allowed_origins": _("Allowed websites"),
    "opt_in": _("Opt-in"),
    "single_reason": _("Reason for single opt-in"),
    "lead_magnet_id": _("Incentive file"),
    "thanks_text": _("Message after sending"),
    "thanks_url": _("Redirect after sending"),
    "confirmed_text": _("Message after confirming"),
    "confirmed_url": _("Redirect after confirming"),
    "refuses_disposable": _("Block disposable addresses"),
    "refuses_roles": _("Block role addresses"),
    "asks_tracking": _("Ask whether opens and clicks may be recorded"),
    "reminders": _("Confirmation reminders"),
    "appearance": _("Display on your website"),
    "mode": _("Display"),
    "triggers": _("Triggers"),
    "show_on": _("Only on these pages"),
    "hide_on": _("Never on these pages"),
    "pause_days": _("Days to wait after closing"),
    "targeting": _("Who sees it, and when"),
    "referrers": _("Only from these websites"),
    "campaigns": _("Only with these campaign parameters"),
    "device": _("Devices"),
    "visitors": _("Visitors"),
    "starts_on": _("First day"),
    "ends_on": _("Last day"),
    "analytics": _("Send events to Google Tag Manager or Google Analytics"),
    "colours": _("Colours"),
    "accent": _("Accent"),
    "background": _("Background"),
    "text": _("Text"),
    "look": _("Look"),
    "layout": _("Layout"),
    "font": _("Font"),
    "radius": _("Rounded corners (pixels)"),
    "width": _("Width"),
    "spacing": _("Spacing"),
    "logo": _("Logo"),
    "picture": _("Picture"),
    "alt": _("Alternative text"),
    "fields": _("Questions"),
    "label": _("Question"),
    "type": _("Type"),
    "help": _("Help text"),
    "required": _("Required"),
    "is_later": _("Ask later"),
    "options": _("Options"),
    "check": _("Validation"),
    "order": _("Order"),
    "translations": _("Languages"),
    "words": _("Built-in texts"),
    "mails": _("Emails"),
    "confirm": _("Confirmation email"),
    "welcome": _("Welcome email"),
    "subject": _("Subject"),
    "body": _("Text"),
}


class Piece(NamedTuple):
    """Some words of a change: kept, added or taken out."""

    kind: str
    text: str


class FormChange(NamedTuple):
    """One part that differs: its name from the whole to the detail, and its words."""

    name: str
    pieces: list[Piece]


def changes(before: Definition, after: Definition) -> list[FormChange]:
    """Every part that differs, in the order of the form."""
    old, new = dict(_flat(_readable(before), ())), dict(_flat(_readable(after), ()))
    return text_changes(*({" · ".join(map(_name, path)): text for path, text in one.items()} for one in (old, new)))


def text_changes(old: dict[str, str], new: dict[str, str]) -> list[FormChange]:
    """What differs between two sets of texts, by name, in the order of the first."""
    names = [*old, *(name for name in new if name not in old)]
    return [
        FormChange(name, _pieces(old.get(name, ""), new.get(name, "")))
        for name in names
        if old.get(name, "") != new.get(name, "")
    ]


def _readable(definition: Definition) -> dict[str, Any]:
    content = definition.model_dump(mode="json")
    fields = content.pop("fields")
    content["fields"] = {field.pop("key"): field for field in fields}
    content["fields"]["order"] = [*content["fields"]]
    content["appearance"]["triggers"] = described(definition.appearance.triggers)
    return content


def _flat(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, dict):
        if set(value) == {"value", "label"}:
            yield path, f"{value['value']} = {value['label']}"
        for key, inner in value.items():
            yield from _flat(inner, (*path, str(key)))
    elif isinstance(value, list):
        yield path, "\n".join(str(one.get("label", one) if isinstance(one, dict) else one) for one in value)
    elif isinstance(value, bool):
        yield path, str(_("Yes") if value else _("No"))
    elif value not in (None, ""):
        yield path, str(value)


def _name(part: str) -> str:
    return str(PARTS.get(part) or LANGUAGES.get(part) or part)


def _pieces(before: str, after: str) -> list[Piece]:
    old, new = _words(before), _words(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < 0.4:  # noqa: PLR2004  # nothing in common: whole against whole reads better
        return [Piece(kind, text) for kind, text in (("out", before), ("in", after)) if text]
    found = []
    for what, i, j, k, n in matcher.get_opcodes():
        if what == "equal":
            found.append(Piece("same", "".join(old[i:j])))
        else:
            found += [Piece("out", "".join(old[i:j]))] if j > i else []
            found += [Piece("in", "".join(new[k:n]))] if n > k else []
    return found


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|[^\s]+", text)
