"""A number on a page, by its name.

A test holds each against the rows: for it `MARK_FIGURES` puts a number into `<data>`, with name and exact value. A page
that shows a number in any other way fails `tests/admin/test_figures.py`.
"""

from typing import Any

from flask import current_app
from flask.blueprints import BlueprintSetupState
from markupsafe import Markup

from signup.admin.frame.formatting import compact as compact_words
from signup.admin.frame.formatting import number, percent


def figure(value: float | None, name: str, of: Any = "") -> Markup:
    """A number called `name`; `of` says which one of several: a list, a form, a state. A dash for None."""
    return _data(value, name, of, "–" if value is None else number(value))


def share(value: float | None, name: str, digits: int = 1, of: Any = "") -> Markup:
    """A share of 1, in per cent."""
    return _data(value, name, of, percent(value, digits))


def short(value: int, name: str, of: Any = "") -> Markup:
    """A number for a place too small for it."""
    return _data(value, name, of, compact_words(value))


def marked(text: str) -> Markup:
    """Translated words in which figures stand: they and dates are all that may be in it, never what somebody typed."""
    return Markup(text)  # noqa: S704  # our own words and figures


def _data(value: float | None, name: str, of: Any, words: str) -> Markup:
    if not current_app.config.get("MARK_FIGURES"):
        return Markup.escape(words)
    full = f"{name} {of}".strip()
    return Markup('<data value="{}" data-figure="{}">{}</data>').format("" if value is None else value, full, words)


FILTERS = (figure, share, short)


def add_filters(state: BlueprintSetupState) -> None:
    """Teach the application's templates to show figures."""
    for function in FILTERS:
        state.app.jinja_env.filters[function.__name__] = function
