"""The texts of presets, known again in every language and for every list: one that nobody changed is told anew when its
form gets another list or language. Nothing about it is stored, so it holds for forms of long ago and for renamed lists.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from signup.consent.mailing_list import MailingList
from signup.fields.field import Field
from signup.forms.form import MAX_TITLE, Definition
from signup.forms.preset import LABELS, PRESETS, WORDING, WORDING_BESIDE, wording_of
from signup.forms.texts import FieldTexts, FormTexts
from signup.ground.i18n import LANGUAGES, speaking

UNBROKEN = "\u2011"
"""The hyphen at which no line breaks: “e-mail” in a consent text stays one word on a phone."""

Slot = Literal["title", "intro", "button", "wording"]
SLOTS: dict[str, tuple[Any, ...]] = {
    "title": tuple(preset.title for preset in PRESETS.values()),
    "intro": tuple(preset.intro for preset in PRESETS.values()),
    "button": tuple(preset.button for preset in PRESETS.values() if preset.button),
    "wording": (WORDING, WORDING_BESIDE),
}


class TextContext(NamedTuple):
    """For whom and in which language a text speaks."""

    list: str
    controller: str
    language: str
    kind: str

    @classmethod
    def of(cls, mailing_list: MailingList, language: str, kind: str) -> "TextContext":
        return cls(mailing_list.name, mailing_list.controller, language, kind)


def adapt(slot: str, text: str, voice: TextContext) -> str:
    """The text for this context, when it is a preset's in any language; else `text` as it is."""
    number = _number(slot, text)
    if number is None:
        return text
    with speaking(voice.language):
        said = str(wording_of(voice.kind) if slot == "wording" else SLOTS[slot][number])
    # Not by `%`: a title is truncated, and a per cent sign in a name is one.
    said = said.replace("%(list)s", voice.list).replace("%(controller)s", voice.controller)
    return said[:MAX_TITLE] if slot == "title" else said


def adapt_label(key: str, label: str, language: str, known: Iterable[Field] = ()) -> str:
    """A question's label in another language: a preset's, or that of the field of the contact database it asks for."""
    if key in LABELS and label in _said_by(LABELS[key]).values():
        return _said_by(LABELS[key])[language]
    field = next((one for one in known if one.key == key), None)
    return field.label_in(language) if field and label in field.labels.values() else label


def adapt_help(key: str, text: str, language: str, known: Iterable[Field] = ()) -> str:
    """A question's hint in another language, when it is that of the field it asks for."""
    field = next((one for one in known if one.key == key), None)
    return field.help_in(language) if text and field and text in field.helps.values() else text


def translated(texts: FormTexts, definition: Definition, voice: TextContext, known: list[Field]) -> FormTexts:
    """The texts of a further language, with those filled in that the main language has from a preset or a field."""
    said = {}
    for slot in SLOTS:
        main = getattr(definition, slot)
        said[slot] = adapt(slot, getattr(texts, slot) or _other(adapt(slot, main, voice), main), voice)
    asked = {}
    for field in definition.fields:
        own = texts.fields.get(field.key, FieldTexts())
        label = own.label or _other(adapt_label(field.key, field.label, voice.language, known), field.label)
        help_ = own.help or _other(adapt_help(field.key, field.help, voice.language, known), field.help)
        asked[field.key] = own.model_copy(update={"label": label, "help": help_})
    return texts.model_copy(update={**said, "fields": asked})


def _other(said: str, main: str) -> str:
    return said if said != main else ""


def _number(slot: str, text: str) -> int | None:
    return next((number for number, pattern in _patterns(slot) if pattern.fullmatch(text)), None)


@lru_cache(maxsize=8)
def _patterns(slot: str) -> list[tuple[int, re.Pattern[str]]]:
    found = []
    for number, text in enumerate(SLOTS[slot]):
        for said in _said_by(text).values():
            parts = re.split(r"%\((?:list|controller)\)s", said)
            pattern = ".+?".join(map(re.escape, parts)).replace(
                UNBROKEN, f"[{UNBROKEN}-]"
            )  # older forms have the other
            found.append((number, re.compile(pattern, re.DOTALL)))
    return found


def _said_by(text: Any) -> dict[str, str]:
    found = {}
    for language in LANGUAGES:
        with speaking(language):
            found[language] = str(text)
    return found
