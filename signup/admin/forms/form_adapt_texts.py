"""Adapts the editor's texts to its list and language: those that nobody changed, in further languages too."""

from typing import Any

from signup.admin.forms.form_input import FormInput
from signup.consent.mailing_list import MailingList
from signup.fields.field import active
from signup.fields.value import key_from
from signup.forms import preset_text
from signup.forms.form import Definition
from signup.forms.preset_text import TextContext
from signup.forms.review import Problem, missing
from signup.forms.texts import FieldTexts, FormTexts
from signup.ground.i18n import LANGUAGES

SAID = "said"
"""A text of a further language that the editor asks for: `said:LANGUAGE:PART`."""
LENGTHS = {"title": 120, "intro": 500, "button": 200, "wording": 2000, "thanks_text": 1000, "confirmed_text": 1000}
LINE = 200


def adapt_texts(typed: FormInput, mailing_list: MailingList) -> None:
    """Adapt every text of a preset to this list and to the language that is chosen."""
    language = typed.language.data if typed.language.data in LANGUAGES else mailing_list.language
    voice, known = TextContext.of(mailing_list, language, typed.kind.data or "signup"), active()
    for slot in preset_text.SLOTS:
        typed[slot].data = preset_text.adapt(slot, typed[slot].data or "", voice)
    for row in typed.questions:
        label, help_ = row.form.label, row.form.help
        key = row.form.key.data or key_from(label.data or "")
        label.data = preset_text.adapt_label(key, label.data or "", language, known)
        help_.data = preset_text.adapt_help(key, help_.data or "", language, known)


def with_translations(definition: Definition, mailing_list: MailingList, given: dict[str, str]) -> Definition:
    """The definition with what was `given` for its further languages, and what presets and fields say in them."""
    known, translations = active(), {}
    for language, texts in definition.translations.items():
        voice, said = (
            TextContext.of(mailing_list, language, definition.kind),
            _typed(definition, texts, language, given),
        )
        translations[language] = preset_text.translated(said, definition, voice, known)
    return definition.model_copy(update={"translations": translations})


def missing_texts(definition: Definition | None, given: dict[str, str]) -> list[dict[str, Any]]:
    """The texts that a further language lacks, as inputs that hold what was `given` for them."""
    if definition is None:
        return []
    lacks = [one for language in definition.translations for one in missing(definition, language)]
    return [
        {
            "part": one.part,
            "name": f"{SAID}:{one.language}:{one.part}",
            "language": one.language,
            "main": _main(definition, one),
            "limit": LENGTHS.get(one.part, LINE),
            "value": given.get(f"{SAID}:{one.language}:{one.part}", ""),
        }
        for one in lacks
    ]


def _typed(definition: Definition, texts: FormTexts, language: str, sent: dict[str, str]) -> FormTexts:
    def given(part: str) -> str:
        text = sent.get(f"{SAID}:{language}:{part}", "").replace("\0", "").strip()
        return text if len(text) <= LENGTHS.get(part, LINE) else ""  # too long is none: it is asked for again

    said = {part: getattr(texts, part) or given(part) for part in LENGTHS}
    asked = {}
    for field in definition.fields:
        own = texts.fields.get(field.key, FieldTexts())
        options = {
            option.value: own.options.get(option.value) or given(f"option:{field.key}:{option.value}")
            for option in field.options
        }
        label, help_ = own.label or given(f"label:{field.key}"), own.help or given(f"help:{field.key}")
        asked[field.key] = FieldTexts(label=label, help=help_, options=options)
    return texts.model_copy(update={**said, "fields": asked})


def _main(definition: Definition, problem: Problem) -> str:
    """The text of the main language that is missing in another."""
    what, _colon, rest = problem.part.partition(":")
    if not rest:
        return str(getattr(definition, what))
    key, _colon, value = rest.partition(":")
    field = next(one for one in definition.fields if one.key == key)
    if what == "option":
        return next(option.label for option in field.options if option.value == value)
    return field.label if what == "label" else field.help
