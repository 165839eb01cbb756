"""Turns an operator's own text of a mail into templates. Operators write words and a few fixed names.

Only `{{ name }}` is understood, with the names of the mail's kind: nothing an operator writes runs as a template, and
what a contact wrote is never compiled at all. One text makes both bodies: blank lines part the paragraphs.
"""

import re
from collections.abc import Callable
from html import escape
from typing import Annotated, Literal, NamedTuple

from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, StringConstraints

from signup.ground.i18n import _
from signup.ground.plain_text import invisible, is_break, name_of
from signup.ground.tokens import CODE_TTL, DOWNLOAD_TTL
from signup.mailer.message_kind import MessageKind

OwnKind = Literal["confirm", "welcome"]
NAMES: dict[str, dict[str, str]] = {
    "confirm": {
        "link": "{{ public_url }}/confirm/{{ token }}",
        "code": "{{ code }}",
        "list": "{{ list }}",
        "controller": "{{ controller }}",
    },
    "welcome": {
        "link": "{{ public_url }}/download/{{ download }}",
        "magnet": "{{ magnet }}",
        "list": "{{ list }}",
        "controller": "{{ controller }}",
    },
}
IN_SUBJECT = {"list", "controller"}
OF_THE_FILE = {"link", "magnet"}  # a welcome mail's paragraph that holds one is left out when there is no file
BUTTONS = {"confirm": _("Confirm my address"), "welcome": _("Get “{{ magnet }}”")}
SUBJECTS = {"confirm": _("Please confirm: {{ list }}"), "welcome": _("You are on the list: {{ list }}")}
STARTERS = {
    "confirm": (
        _("Hello,"),
        _(
            "Someone entered this address to receive “{{ list }}” from {{ controller }}. If that was you, please"
            " confirm it on this page:"
        ),
        "{{ link }}",
        _(
            "Or enter this code where you signed up. It is valid for %(minutes)s minutes:",
            minutes=CODE_TTL.seconds // 60,
        ),
        "{{ code }}",
        _(
            "If it wasn’t you, you can ignore this email: without your confirmation, you will get at most one"
            " reminder. To stop that too, tell us on the page above that it wasn’t you."
        ),
    ),
    "welcome": (
        _("Thank you. Your address is confirmed, and you will receive “{{ list }}” from {{ controller }}."),
        _("Here is “{{ magnet }}”. The link is valid for %(days)s days:", days=DOWNLOAD_TTL.days),
        "{{ link }}",
    ),
}

OPENINGS = {
    "contact": _(
        "Someone sent a message with this address, and ticked the box to receive “{{ list }}” from {{ controller }}"
        " too. The message has arrived. If that was you and you would also like these emails, please confirm it on this"
        " page:"
    ),
    "event": _(
        "Someone registered for an event with this address, and ticked the box to receive “{{ list }}” from"
        " {{ controller }} too. The registration has arrived. If that was you and you would also like these emails,"
        " please confirm it on this page:"
    ),
}
"""How the confirmation email of a form begins that is about something else, by the form's kind."""

_NAME = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_JINJA = re.compile(r"\{[{%#]|[}%#]\}")


class MailText(BaseModel):
    """A subject, a body and the label of its button; what is empty stays as shipped."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    subject: Annotated[str, StringConstraints(strip_whitespace=True, max_length=150)] = ""
    body: Annotated[str, StringConstraints(strip_whitespace=True, max_length=5000)] = ""
    button: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)] = ""


class Pieces(NamedTuple):
    """How the parts of a mail are drawn that are more than a paragraph."""

    button: Callable[[str, str], str]
    """From its link and its label."""
    code: Callable[[str], str]


class Bodies(NamedTuple):
    """The two bodies as templates."""

    text: str
    html: str


def starter(kind: str, form_kind: str = "") -> MailText:
    """The shipped text in the present language, as an operator would have written it, for a form of this kind."""
    hello, opening, *rest = STARTERS[kind]
    if kind == MessageKind.CONFIRM:
        opening = OPENINGS.get(form_kind, opening)
    parts = (hello, opening, *rest)
    body = "\n\n".join(part if part in {"{{ link }}", "{{ code }}"} else str(part) for part in parts)
    return MailText(subject=str(SUBJECTS[kind]), body=body, button=str(BUTTONS[kind]))


def problems(kind: str, own: MailText, *, has_file: bool = False) -> dict[str, str]:
    """What is wrong with a text, by its part: unknown names, template code, or the link is missing."""
    found = {}
    allowed = {"subject": IN_SUBJECT, "body": NAMES[kind].keys(), "button": {*IN_SUBJECT, *NAMES[kind]} - {"link"}}
    for part, names in allowed.items():
        text = getattr(own, part)
        unknown = [name for name in _NAME.findall(text) if name not in names]
        if unknown:
            found[part] = gettext("“%(name)s” is not a placeholder.", name=unknown[0][:40])
        elif _JINJA.search(_NAME.sub("{}", text)):  # with braces: one that stands beside a name is wrong as well
            found[part] = gettext("Write placeholders as {{ list }}, and use no other braces.")
        elif is_break(bad := invisible(text, lines=part == "body")):
            found[part] = gettext("Enter this on one line.")
        elif bad:
            found[part] = gettext(
                "This contains an invisible character (%(character)s). Please delete it.", character=name_of(bad)
            )
    if own.body and "body" not in found and "link" not in _NAME.findall(own.body) and (kind == "confirm" or has_file):
        found["body"] = gettext("The text needs {{ link }}: without it, people cannot continue.")
    return found


def bodies(kind: str, own: MailText, pieces: Pieces) -> Bodies:
    """The templates of a text. Needs one without `problems`, and the mail's language set."""
    label = _filled(kind, escape(own.button or str(BUTTONS[kind])))
    text, html = [], []
    for paragraph in filter(None, (part.strip() for part in re.split(r"\n\s*\n", own.body.replace("\r\n", "\n")))):
        names = set(_NAME.findall(paragraph))
        plain = _filled(kind, paragraph) + "\n\n"
        rich = _paragraph(kind, paragraph, label, pieces) + "\n"
        if kind == MessageKind.WELCOME and names & OF_THE_FILE:
            plain, rich = ("{% if download %}" + part + "{% endif %}" for part in (plain, rich))
        text.append(plain)
        html.append(rich)
    return Bodies("".join(text).rstrip("\n") + "\n", "".join(html))


def _paragraph(kind: str, paragraph: str, label: str, pieces: Pieces) -> str:
    alone = _NAME.fullmatch(paragraph)
    if alone and alone[1] == "link":
        return pieces.button(NAMES[kind]["link"], label)
    if alone and alone[1] == "code":
        return pieces.code(NAMES[kind]["code"])
    filled = _filled(kind, escape(paragraph).replace("\n", "<br>\n"), is_html=True)
    return f'<p style="margin:0 0 16px">{filled}</p>'


def _filled(kind: str, text: str, *, is_html: bool = False) -> str:
    def fill(found: re.Match[str]) -> str:
        value = NAMES[kind][found[1]]
        return f'<a href="{value}">{value}</a>' if is_html and found[1] == "link" else value

    return _NAME.sub(fill, text)
