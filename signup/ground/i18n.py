"""The language of a text: the form's for visitors, the operator's own in the admin, else the browser's."""

from collections.abc import Iterator
from contextlib import contextmanager

from babel import Locale
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, force_locale, get_locale, lazy_gettext, lazy_pgettext

from signup.ground.config import PROJECT

DEFAULT = "en"
CATALOGUES = PROJECT / "translations"


def _offered() -> dict[str, str]:
    translated = sorted(folder.parent.name for folder in CATALOGUES.glob("*/LC_MESSAGES"))
    return {code: (Locale.parse(code).get_language_name() or code).capitalize() for code in (DEFAULT, *translated)}


LANGUAGES = _offered()
"""Every language that we have a catalogue for, with its own name: the only list. English is in the code."""
OPERATOR_LANGUAGES = {language: LANGUAGES[language] for language in (DEFAULT, "fr")}
"""Those whose catalogue also has the operators' texts."""

# Mark a text for extraction where it is defined; it is translated where it is shown.
_ = lazy_gettext
pgettext = lazy_pgettext


def init(app: Flask) -> None:
    app.config |= {
        "BABEL_TRANSLATION_DIRECTORIES": str(CATALOGUES),
        "BABEL_DEFAULT_LOCALE": DEFAULT,
    }
    Babel(app, locale_selector=choose)
    app.jinja_env.globals["get_locale"] = get_locale


def choose() -> str:
    """The language of this answer: the one that the view set (`g.language`), else the one that the browser prefers."""
    if not has_request_context():
        return DEFAULT
    settled: str | None = g.get("language")
    spoken = OPERATOR_LANGUAGES if request.blueprint == "admin" else LANGUAGES
    return settled or request.accept_languages.best_match(spoken, DEFAULT) or DEFAULT


def settle(language: str | None) -> None:
    """Answer this request in `language`, if the service has it."""
    if language in LANGUAGES:
        g.language = language


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Translate into `language` inside the block, as emails and previews need it."""
    with force_locale(language):
        yield
