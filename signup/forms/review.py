"""What keeps a form from going out: a consent for somebody else, a language half told, a promise that nothing keeps.

Every door that publishes what a person wrote asks here first.
"""

from collections.abc import Iterator
from typing import NamedTuple

from signup.consent import partner
from signup.consent.mailing_list import MailingList
from signup.consent.named_lists import Names, names_for
from signup.forms.form import Definition
from signup.forms.texts import FieldTexts, FormTexts
from signup.mailer.own_text import MailText

OF_A_LANGUAGE = ("title", "intro", "button", "wording", "thanks_text", "confirmed_text")
"""The texts that a further language needs wherever the main one has them."""


class Problem(NamedTuple):
    """One reason: where it is (`wording`, `label:KEY`, `option:KEY:VALUE`, `lead_magnet_id` …), and why.

    Why is `missing`, `promise` (nothing is given), `unnamed` or `other`; then `name` is who is named instead.
    """

    part: str
    language: str
    why: str
    name: str = ""


def review(definition: Definition, mailing_list: MailingList) -> list[Problem]:
    """Every reason why this form may not go out for this list, the main language first; empty when it may."""
    names = names_for(mailing_list, definition.partner_ids)
    found: list[Problem] = []
    for language in definition.languages:
        lacks = list(missing(definition, language)) if language != definition.language else []
        found += lacks
        if "wording" not in {one.part for one in lacks}:  # else it is the main language's again
            found += _misnamed(definition.said_in(language), names)
    if definition.kind == "incentive" and definition.lead_magnet_id is None:
        found.append(Problem("lead_magnet_id", definition.language, "promise"))
    return found


def missing(definition: Definition, language: str) -> Iterator[Problem]:
    """The texts that the main language has and this one has not."""
    texts = next((texts for code, texts in definition.translations.items() if code == language), FormTexts())
    for part in OF_A_LANGUAGE:
        if getattr(definition, part) and not getattr(texts, part):
            yield Problem(part, language, "missing")
    for field in definition.fields:
        said = texts.fields.get(field.key, FieldTexts())
        if not said.label:
            yield Problem(f"label:{field.key}", language, "missing")
        if field.help and not said.help:
            yield Problem(f"help:{field.key}", language, "missing")
        for option in field.options:
            if not said.options.get(option.value):
                yield Problem(f"option:{field.key}:{option.value}", language, "missing")


def _misnamed(said: Definition, names: Names) -> Iterator[Problem]:
    """What names somebody else's list: the consent may name no other at all, the rest none in place of its own."""
    named = names.look(said.wording)
    if named.other or not named.own:
        yield Problem("wording", said.language, "other" if named.other else "unnamed", named.other)
    for part, text in {
        "title": f"{said.title}\n{said.intro}",
        "thanks_text": said.thanks_text,
        "confirmed_text": said.confirmed_text,
    }.items():
        named = names.look(text)
        if named.other and not named.own:
            yield Problem(part, said.language, "other", named.other)
    for kind in ("confirm", "welcome"):
        own = said.mail(kind)
        if own and (other := _named_in_mail(own, names)):
            yield Problem("mails", said.language, "other", other)
    for box in partner.shown(said.partner_ids, said.language):
        if other := names.look(box.wording).other:
            yield Problem("partners", said.language, "other", other)


def _named_in_mail(own: MailText, names: Names) -> str:
    named = names.look(f"{own.subject}\n{own.body}")
    return "" if named.own or "{{ list }}" in own.body or "{{ controller }}" in own.body else named.other
