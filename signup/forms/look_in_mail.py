"""A form's look as its mails wear it: accent, corners, font, logo. The ground stays ours: mail programs change it."""

from sqlalchemy import select

from signup.forms.form import Definition, Form
from signup.forms.looks import picture
from signup.forms.looks.appearance import Appearance
from signup.forms.looks.contrast import ENOUGH, ratio, text_on
from signup.forms.looks.look import FONTS
from signup.ground.db import db
from signup.mailer.mail_look import DARK, LIGHT, MailLook
from signup.mailer.mail_template import OwnMail
from signup.mailer.own_text import OwnKind

LOGO_HEIGHT, LOGO_WIDTH = 48, 240
STEPS = 20


def look_in_mail(appearance: Appearance) -> MailLook:
    """The look of the mails of a form that appears so."""
    look, accent = appearance.look, appearance.colours.accent
    worn = MailLook(radius=look.radius)
    if look.font != "system":
        worn = worn._replace(font=FONTS[look.font].replace('"', "'"))
    if accent:
        dark = readable(accent, DARK["card"], "#ffffff")
        worn = worn._replace(
            accent=accent,
            on_accent=text_on(accent),
            dark_accent=dark,
            on_dark_accent=text_on(dark),
            link=readable(accent, LIGHT["card"], "#000000"),
            dark_link=dark,
        )
    if (logo := look.logo) is not None:
        scale = min(1.0, LOGO_HEIGHT / logo.height, LOGO_WIDTH / logo.width)
        worn = worn._replace(
            logo=picture.url_of(logo),
            logo_alt=logo.alt,
            logo_width=max(1, round(logo.width * scale)),
            logo_height=max(1, round(logo.height * scale)),
        )
    return worn


def own_mail(said: Definition, kind: OwnKind | None = None) -> OwnMail:
    """What a form says, in its language, of a mail: its own text for those kinds that may have one, and the look."""
    return OwnMail(said.mail(kind) if kind else None, look_in_mail(said.appearance))


def look_of_list(list_id: int) -> MailLook:
    """Of mails that no form sent: as the list's newest open form looks."""
    newest = select(Form).where(Form.list_id == list_id, Form.archived_at.is_(None), Form.version_id.is_not(None))
    found = db.session.scalar(newest.order_by(Form.id.desc()).limit(1))
    return look_in_mail(found.version.definition.appearance) if found else MailLook()


def readable(colour: str, ground: str, towards: str) -> str:
    """The colour, or as little of it taken `towards` black or white as it takes to be read on the ground."""
    for step in range(STEPS + 1):
        mixed = _mixed(colour, towards, step / STEPS)
        if ratio(mixed, ground) >= ENOUGH:
            break
    return mixed


def _mixed(one: str, other: str, share: float) -> str:
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
