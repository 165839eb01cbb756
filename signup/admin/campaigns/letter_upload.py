"""A picture for a letter: uploaded with the editor's page, or by its script, which gets the Markdown to put in."""

import re
from http import HTTPStatus
from typing import NamedTuple

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from signup.campaigns.letter_picture import MAX_UPLOAD, keep_for_letter
from signup.forms.looks import picture
from signup.forms.looks.look import MAX_ALT
from signup.forms.looks.picture import BadPicture
from signup.ground.db import transaction
from signup.ground.i18n import _
from signup.ground.plain_text import one_line

MAX_BODY = MAX_UPLOAD + 2 * 1024 * 1024
"""With the letter beside it."""
BAD = {
    "type": _("Use a PNG, JPEG, GIF or WebP picture. Others, such as SVG, are not taken."),
    "large": _("The picture is larger than 10 MB."),
    "pixels": _("The picture has too many pixels: a photo may have 50 million, any other 20 million."),
    "film": _("Of moving pictures, only a GIF runs in email programs."),
    "large-film": _("A moving GIF may have 512 KB at most."),
}


class Uploaded(NamedTuple):
    """The Markdown of a picture that came, or what is wrong with it; neither where none came."""

    markdown: str = ""
    problem: str = ""


def uploaded() -> Uploaded:
    """Keep the picture that came with this request."""
    file = request.files.get("picture_file")
    content = file.read(MAX_UPLOAD + 1) if file else b""
    if file is None or not content:
        return Uploaded()
    file.close()
    alt = one_line(request.form.get("picture_alt", "")).strip()[:MAX_ALT]
    if not alt:
        return Uploaded(problem=str(_("Describe the picture for those who do not see it.")))
    try:
        with transaction():
            url = picture.url_of(keep_for_letter(content).ref())
    except BadPicture as error:
        return Uploaded(problem=str(BAD.get(error.reason, BAD["type"])))
    return Uploaded(f"![{_escaped(alt)}]({url})")


def letter_picture() -> ResponseReturnValue:
    """For the script: the Markdown, or what is wrong."""
    found = uploaded()
    if found.markdown:
        return jsonify(markdown=found.markdown)
    return jsonify(problem=found.problem or str(_("Choose a picture."))), HTTPStatus.UNPROCESSABLE_ENTITY


def _escaped(alt: str) -> str:
    """Words that Markdown takes as they are."""
    return re.sub(r"([\\\[\]`*_<&!{}])", r"\\\1", alt)
