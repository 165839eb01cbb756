"""Writes a letter: an operator's Markdown as the template of a mail, in the list's language and look."""

from functools import partial
from typing import Any, Protocol

from flask_babel import gettext as _
from markupsafe import Markup, escape

from signup.campaigns.archive import archive_address
from signup.campaigns.letter_markdown import Drawing, Drawn, LetterLink, Picture, draw
from signup.campaigns.letter_product import ProductTable
from signup.campaigns.merge_field import Marks
from signup.consent.mailing_list import MailingList
from signup.forms.look_in_mail import look_of_list
from signup.forms.looks.picture import size_of
from signup.ground.i18n import speaking
from signup.ground.urls import settings
from signup.mailer import compose, mail_template
from signup.mailer.letter_template import LetterTemplate, Slot
from signup.mailer.mail_look import MailLook

MAGAZINE = "magazine"
WIDTHS = {MAGAZINE: 600}
WIDTH = 560
"""Pixels of a letter whose layout has no width of its own."""
EDGES = 66
"""Of these, what stands left and right of its words."""


class Words(Protocol):
    """What a letter is made of: a campaign, an automation, or what is typed."""

    @property
    def list(self) -> Any: ...

    @property
    def preheader(self) -> str: ...

    @property
    def body(self) -> str: ...

    @property
    def layout(self) -> str: ...


def write_letter(words: Words, *, subject: str, online: str = "") -> LetterTemplate:
    """The letter as it would be sent now. Needs the database for the look and the pictures.

    `online` is the address of its page, where it has one.
    """
    of: MailingList = words.list
    marks = Marks()
    with speaking(of.language):
        look = _look(words)
        drawn = _draw(words.body, words.layout, look, marks)
        values = _values(words, drawn, marks) | {"online": online}
        text, html = mail_template.write_letter(of.language, look, values)
    fixed = compose.fixed_of(of) | {"links": {str(link.number): link.url for link in drawn.links}}
    fixed |= {"language": of.language, "feedback_id": f"{fixed['list_id']}:letter:signup"}
    if settings().bounce_domain:
        fixed |= {"leave_domain": settings().bounce_domain}
    if online:
        fixed |= {"archive": archive_address(of)} if of.archive_is_public else {}
    subject_marks = marks.mark_fields(subject)
    return LetterTemplate(marks.pieces(subject_marks), marks.pieces(text), marks.pieces(html), fixed)


def links_of(words: Words) -> list[LetterLink]:
    """The links of a letter, in order."""
    return drawn_of(words).links


def drawn_of(words: Words) -> Drawn:
    """The body alone, for who looks at what is in it."""
    return drawn_body(words.body)


def drawn_body(body: str) -> Drawn:
    """Words that no letter has yet."""
    return _draw(body, "", MailLook(), Marks())


def _look(words: Words) -> MailLook:
    look = look_of_list(words.list.id)
    return look._replace(logo="") if words.layout == "letter" else look


def _draw(body: str, layout: str, look: MailLook, marks: Marks) -> Drawn:
    piece = mail_template.piece
    around = {"middle": piece("product_middle", look), "end": piece("product_end", look)}
    drawing = Drawing(
        look,
        partial(piece, "button", look),
        lambda number: marks.mark(Slot(f"@link:{number}")),
        _picture,
        ProductTable(piece("product", look, "yes"), piece("product", look, ""), **around),
        WIDTHS.get(layout, WIDTH) - EDGES,
        _next_panel(look, marks) if layout == MAGAZINE else "",
    )
    return draw(marks.mark_fields(body), drawing)


def _next_panel(look: MailLook, marks: Marks) -> str:
    return marks.mark(Slot("@panel")) + mail_template.piece("next_panel", look) + marks.mark(Slot("@/panel"))


def _picture(url: str) -> Picture | None:
    size = size_of(url)
    return Picture(*size) if size else None


def _values(words: Words, drawn: Drawn, marks: Marks) -> dict[str, Any]:
    of: MailingList = words.list
    why = _(
        "You receive this email because you confirmed on %(day)s that you want “%(list)s”.",
        day=marks.mark(Slot("@since")),
        list=of.name,
    )
    return {
        "layout": words.layout,
        "width": WIDTHS.get(words.layout, WIDTH),
        "slot": lambda name: marks.mark(Slot(name)),
        "legal_url": of.legal_url,
        "legal_words": of.legal_words,
        "list_name": of.name,
        "controller": of.controller,
        "postal_address": of.postal_address,
        "privacy_url": of.privacy_url,
        "preheader": escape(marks.mark_fields(words.preheader)),
        "body": Markup(drawn.html),  # noqa: S704  # drawn by us, raw HTML is off
        "text": drawn.text,
        "why": why,
        "preferences": marks.mark(Slot("@preferences")),
        "unsubscribe": marks.mark(Slot("@unsubscribe")),
        "decoy": marks.mark(Slot("@decoy")),
        "pixel": marks.mark(Slot("@pixel")),
    }
