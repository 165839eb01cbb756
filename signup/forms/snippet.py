"""What an operator pastes into a website: the script's one line, a place for it, a frame, or plain HTML."""

from collections.abc import Callable
from math import ceil

from flask import render_template
from markupsafe import Markup

from signup.consent import partner
from signup.fields.kinds.kind import Widget
from signup.forms.form import Definition, Form
from signup.forms.script_build import latest
from signup.forms.stamp import render_stamp
from signup.ground.i18n import speaking
from signup.ground.urls import public_url

# Pixels of what the script draws (embed/embed.css), and letters that a line holds on a wide and on a narrow screen.
CARD, TITLE, LINE, GAP = 58, 27, 24, 16
INPUT, OPTION, LEGEND, BOX, BUTTON = 81, 48, 23, 26, 46
NOTE_LENGTH = 75
WIDE, NARROW = 60, 31
FRAME_MORE = 64  # the hosted page says the same with more room


def html_snippet(form: Form, language: str = "", source: str = "") -> str:
    """Plain HTML: works without script, sends no cookie, loads nothing. Its stamp has no end."""
    definition = form.version.definition.said_in(language)
    with speaking(definition.language):
        return render_template(
            "forms/snippet.html",
            definition=definition,
            controller=form.list.controller,
            privacy_url=form.list.privacy_url,
            action=public_url("forms.submit", public_id=form.public_id),
            stamp=render_stamp(form.public_id),
            partners=() if definition.takes_messages else partner.shown(definition.partner_ids, definition.language),
            source=source,
            given={},
            problems={},
        ).strip()


def script_snippet(form: Form, attributes: str = "") -> str:
    """One line, anywhere on a page: the form appears as its settings say."""
    return str(_SCRIPT.format(src=public_url("forms.script"), id=form.public_id, attributes=Markup(attributes)))  # noqa: S704  # escaped where they are made


def pinned_snippet(form: Form, attributes: str = "") -> str:
    """The same line for this very build of the script: the browser runs these bytes or none (SRI)."""
    built = latest()
    values = {"src": public_url("forms.pinned_script", digest=built.digest), "integrity": built.integrity}
    return str(_PINNED.format(id=form.public_id, attributes=Markup(attributes), **values))  # noqa: S704  # escaped where they are made


def place_snippet(form: Form, attributes: str = "") -> str:
    """A place in the page and the script: its height is kept, so nothing moves; a link where no script runs."""
    definition = form.version.definition
    values = {
        "id": form.public_id,
        "attributes": Markup(attributes),  # noqa: S704  # escaped where they are made
        "url": hosted_url(form),
        "title": definition.title,
        "src": public_url("forms.script"),
        "wide": height(definition, WIDE),
        "narrow": height(definition, NARROW),
    }
    return str(_PLACE.format(**values))


def frame_snippet(form: Form, **query: str | None) -> str:
    """The hosted page in a frame; the script lets the frame grow and shrink with it."""
    definition = form.version.definition
    url = public_url("forms.show", public_id=form.public_id, frame=1, **query)
    values = {"url": url, "title": definition.title, "src": public_url("forms.script")}
    return str(_FRAME.format(height=height(definition, NARROW) + FRAME_MORE, **values))


SNIPPETS: dict[str, Callable[[Form], str]] = {
    "script": script_snippet,
    "pinned": pinned_snippet,
    "place": place_snippet,
    "iframe": frame_snippet,
    "html": html_snippet,
}
"""Every way to use a form on a website, by the name that the console takes."""

_SCRIPT = Markup('<script async src="{src}" data-form="{id}"{attributes}></script>')
_PINNED = Markup(
    '<script async src="{src}" integrity="{integrity}" crossorigin="anonymous" data-form="{id}"{attributes}></script>'
)
# The one or the other height: nothing lies between 1 px below 480 and 1 px above it.
_PLACE = Markup(
    '<div data-signup-form="{id}"{attributes} style="min-height:clamp({wide}px,(480px - 100vw)*9999,{narrow}px)">'
    '<a href="{url}">{title}</a></div>\n'
    '<script async src="{src}"></script>'
)
_FRAME = Markup(
    '<iframe src="{url}" title="{title}" width="100%" height="{height}" style="border:0"></iframe>\n'
    '<script async src="{src}"></script>'
)


def height(definition: Definition, letters: int) -> int:
    """Pixels that the form needs where a line holds `letters`: rather a few too many than one too few."""

    def lines(text: str | int) -> int:
        return ceil((text if isinstance(text, int) else len(text)) / letters)

    total = CARD + TITLE * lines(definition.title) + LINE * lines(definition.intro) + GAP + INPUT
    for field in definition.first_fields:
        total += GAP + LINE * lines(field.help)
        if field.options and field.kind.widget != Widget.SELECT:
            total += LEGEND * lines(field.label) + len(field.options) * OPTION
        else:
            total += BOX + LINE * lines(field.label) if field.kind.widget == Widget.BOX else INPUT
    consent = BOX + LINE * lines(definition.wording) + LINE
    return total + GAP + consent + GAP + BUTTON + GAP + LINE * lines(NOTE_LENGTH)


def hosted_url(form: Form) -> str:
    """Where the form's own page is."""
    return public_url("forms.show", public_id=form.public_id)
