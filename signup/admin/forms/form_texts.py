"""A form's languages: its own texts in each further one, and shipped words said differently."""

from http import HTTPStatus
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import ValidationError as DefinitionError

from signup.admin.forms.form_publish import first_problem, problem_words, problems_of, publish
from signup.consent.mailing_list import MailingList
from signup.fields.field import active
from signup.forms.form import Definition, Form, find_form
from signup.forms.form_draft import draft_of
from signup.forms.preset_text import TextContext, translated
from signup.forms.question import Question
from signup.forms.shipped_words import SHIPPED_WORDS
from signup.forms.texts import FieldTexts, FormTexts
from signup.ground.db import transaction
from signup.ground.errors import NotFound
from signup.ground.i18n import LANGUAGES, speaking

LENGTHS = {"title": 120, "intro": 500, "button": 200, "wording": 2000, "thanks_text": 1000, "thanks_url": 500}
LENGTHS |= {"confirmed_text": 1000, "confirmed_url": 500}
NO_INPUT = ("mails", "partners", "lead_magnet_id")
MIN_WORDING = 10
MAX_LINE = 200


def form_texts(public_id: str, language: str = "") -> ResponseReturnValue:
    """GET: the texts of one language beside the main one's. POST: publish them, or stop offering the language."""
    form = find_form(public_id)
    definition = form.version.definition
    language = language or definition.language
    if language not in LANGUAGES:
        raise NotFound(f"language {language[:10]}")
    problems: dict[str, str] = {}
    if request.method == "POST":
        written, problems = _written(definition, language)
        if written is not None:
            problems = _refused(form, written, language)
        if written is not None and not problems:
            with transaction():
                publish(form, written)
            return redirect(url_for("admin.form_texts", public_id=public_id, language=language), HTTPStatus.SEE_OTHER)
    page = render_template(
        "admin/forms/form_texts.html",
        form=form,
        draft=draft_of(form.id),
        definition=definition,
        language=language,
        is_main=language == definition.language,
        problems=problems,
        **_shown(definition, language, form.list),
        **offered(form),
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK


def _refused(form: Form, written: Definition, language: str) -> dict[str, str]:
    """Why it may not go out, at the inputs of this language or, for another, above them."""
    found = problems_of(form, written)
    here = [one for one in found if one.language == language != written.language and one.part not in NO_INPUT]
    elsewhere = [one for one in found if one not in here]
    problems = {one.part: problem_words(one, form.list) for one in here}
    return problems | ({"": first_problem(elsewhere, form.list)} if elsewhere else {})


def offered(form: Form) -> dict[str, Any]:
    """For the tabs: the form's languages, and those it may be offered in."""
    codes = form.version.definition.languages
    return {
        "offered": {code: LANGUAGES[code] for code in codes},
        "others": {code: name for code, name in LANGUAGES.items() if code not in codes},
        "all_languages": LANGUAGES,
    }


def _shown(definition: Definition, language: str, mailing_list: MailingList) -> dict[str, Any]:
    with speaking(language):
        shipped = {name: str(text) for name, text in SHIPPED_WORDS.items()}
    texts = next((texts for code, texts in definition.translations.items() if code == language), FormTexts())
    if language != definition.language:
        texts = translated(texts, definition, TextContext.of(mailing_list, language, definition.kind), active())
    words = next((words for code, words in definition.words.items() if code == language), {})
    values = {f"word:{name}": words.get(name, "") for name in SHIPPED_WORDS}
    values |= {name: getattr(texts, name) for name in LENGTHS}
    for field in definition.fields:
        said = texts.fields.get(field.key, FieldTexts())
        values |= {f"label:{field.key}": said.label, f"help:{field.key}": said.help}
        values |= {f"option:{field.key}:{option.value}": said.options.get(option.value, "") for option in field.options}
    if request.method == "POST":
        values |= {name: request.form.get(name, "") for name in values}
    return {"shipped": shipped, "values": values, "lengths": LENGTHS}


def _written(definition: Definition, language: str) -> tuple[Definition | None, dict[str, str]]:
    """The definition with what was typed for `language`; None and the problems by input when it is none."""
    content = definition.model_dump(mode="json")
    words = {name: text for name in SHIPPED_WORDS if (text := _typed(f"word:{name}"))}
    content["words"] = {code: kept for code, kept in content["words"].items() if code != language}
    if words:
        content["words"][language] = words
    problems = {f"word:{name}": _too_long(MAX_LINE) for name, text in words.items() if len(text) > MAX_LINE}
    if language != definition.language:
        if request.form.get("do") == "stop":
            for part in ("translations", "words", "mails"):
                content[part].pop(language, None)
        else:
            problems |= _translation_problems(definition)
            content["translations"][language] = _translation(definition)
    if problems:
        return None, problems
    try:
        return Definition.model_validate(content), {}
    except DefinitionError as error:
        return None, {"": error.errors()[0]["msg"].removeprefix("Value error, ")}


def _translation(definition: Definition) -> dict[str, Any]:
    fields = {field.key: said for field in definition.fields if (said := _field_texts(field))}
    return {name: _typed(name) for name in LENGTHS} | {"fields": fields}


def _field_texts(field: Question) -> dict[str, Any]:
    options = {
        option.value: label for option in field.options if (label := _typed(f"option:{field.key}:{option.value}"))
    }
    texts = {"label": _typed(f"label:{field.key}"), "help": _typed(f"help:{field.key}"), "options": options}
    return texts if any(texts.values()) else {}


def _translation_problems(definition: Definition) -> dict[str, str]:
    limits = dict(LENGTHS)
    for field in definition.fields:
        limits |= {f"label:{field.key}": MAX_LINE, f"help:{field.key}": MAX_LINE}
        limits |= {f"option:{field.key}:{option.value}": MAX_LINE for option in field.options}
    found = {name: _too_long(limit) for name, limit in limits.items() if len(_typed(name)) > limit}
    if 0 < len(_typed("wording")) < MIN_WORDING:
        found["wording"] = _("Write a full sentence, at most 2,000 characters.")
    for name in ("thanks_url", "confirmed_url"):
        if (url := _typed(name)) and not url.startswith(("https://", "http://")):
            found[name] = _("Enter a full web address starting with https://.")
    return found


def _typed(name: str) -> str:
    return str(request.form.get(name, "")).replace("\0", "").strip()


def _too_long(limit: int) -> str:
    return str(_("Use %(n)s characters or fewer.", n=limit))
