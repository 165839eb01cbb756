"""A letter in the frame beside its editor, or on the page of its campaign."""

from typing import Any

from flask import Response, render_template

from signup.admin.frame.preview_frame import framed, mail_framed
from signup.campaigns.archive import letter_address
from signup.campaigns.campaign import Campaign
from signup.campaigns.letter import write_letter
from signup.ground.urls import settings
from signup.mailer import compose


def shown_letter(words: Any, *, as_text: bool = False) -> Response:
    """The letter with its fallbacks; nothing is stored. `words` have a subject besides."""
    online = letter_address(words) if isinstance(words, Campaign) else settings().public_url
    mail = compose.preview_letter(write_letter(words, subject=words.subject, online=online), {})
    if as_text:
        return framed(render_template("admin/forms/mail_text.html", mail=mail))
    return mail_framed(mail.html)
