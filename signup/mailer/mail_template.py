"""Writes the template of a mail: the words in its language, in the look of who sends it. `compose` fills it in.

Templates are read in two steps. `[[ … ]]` is filled here, when the snapshot is made; what is left, `{{ … }}`, when a
worker renders the mail. So the snapshot holds every word that was sent.
"""

from typing import Any, NamedTuple

from flask_babel import gettext
from jinja2 import Environment, FileSystemLoader

from signup.ground.config import PROJECT
from signup.ground.driver_sql import to_json
from signup.ground.i18n import speaking
from signup.ground.tokens import CODE_TTL, DOWNLOAD_TTL, INVITE_TTL
from signup.ground.urls import settings
from signup.mailer import own_text
from signup.mailer.mail_look import DARK, LIGHT, MailLook
from signup.mailer.message_kind import MessageKind
from signup.mailer.own_text import MailText, Pieces

PARTS = ("subject.txt", "body.txt", "body.html")
_writer = Environment(  # noqa: S701  # its output is a template, escaped when that is rendered
    loader=FileSystemLoader(PROJECT / "templates" / "mail"),
    variable_start_string="[[",
    variable_end_string="]]",
    block_start_string="[%",
    block_end_string="%]",
    comment_start_string="[#",
    comment_end_string="#]",
    keep_trailing_newline=True,
)
_writer.globals |= {"CODE_TTL": CODE_TTL, "DOWNLOAD_TTL": DOWNLOAD_TTL, "INVITE_TTL": INVITE_TTL}
_writer.globals |= {"light": LIGHT, "dark": DARK}


class House(NamedTuple):
    """The service itself as a sender, where no list is: what `MailingList` says of a list."""

    name: str
    slug: str
    sender_name: str
    sender_address: str
    controller: str = ""
    privacy_url: str = ""
    postal_address: str = ""


class OwnMail(NamedTuple):
    """What a form says of a mail: the operator's text in place of the shipped one, and the look that it wears."""

    text: MailText | None = None
    look: MailLook = MailLook()


SHIPPED = OwnMail()


def service() -> House:
    """Return the service as the sender of mails to operators."""
    return House("Signup", "operators", "Signup", settings().sender_of_service)


def write(kind: MessageKind, language: str, fixed: dict[str, Any], own: OwnMail) -> str:
    """The content of the snapshot, as JSON. `fixed` are the values that are the same in every such mail."""
    with speaking(language):
        names = [f"{kind}/{part}" for part in PARTS]
        values: dict[str, Any] = {"_": gettext, "language": language, "look": own.look}
        if own.text and own.text.body:
            names[1:] = ["_parts/own.txt", "_parts/own.html"]
            drawn = vars(_writer.get_template("_parts/pieces.html").make_module(values))
            values["own"] = own_text.bodies(kind, own.text, Pieces(drawn["button"], drawn["code"]))
            values["is_list_mail"] = kind.rules.is_list_mail
        subject, text, html = (_writer.get_template(name).render(values) for name in names)
        if own.text and own.text.subject:
            subject = own.text.subject
    return to_json({"subject": subject.strip(), "text": text, "html": html, "fixed": fixed})


def write_letter(language: str, look: MailLook, values: dict[str, Any]) -> tuple[str, str]:
    """The text and the HTML of a letter around its body. The language must be set."""
    given = {"_": gettext, "language": language, "look": look} | values
    text, html = (_writer.get_template(f"_parts/letter.{form}").render(given) for form in ("txt", "html"))
    return text, html


def piece(name: str, look: MailLook, *values: str) -> str:
    """A piece of a mail as HTML, such as a button, from what is HTML already."""
    module = _writer.get_template("_parts/pieces.html").make_module({"look": look})
    drawn: str = vars(module)[name](*values)
    return drawn
