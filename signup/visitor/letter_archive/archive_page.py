"""GET /archive/<list>: the letters that a list has sent, where it shows them to everybody."""

from uuid import UUID

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from signup.campaigns import archive
from signup.consent.mailing_list import MailingList
from signup.forms.looks.look_style import page_look
from signup.ground.errors import NotFound
from signup.ground.i18n import settle
from signup.visitor.letter_archive.letter_page import CACHED, signup_address


def archive_page(slug: str) -> ResponseReturnValue:
    of = public_list(slug)
    settle(of.language)
    letters = list(archive.listed(of, archive.A_PAGE + 1, _before()))
    has_more = len(letters) > archive.A_PAGE
    form = archive.newest_form(of)
    page = render_template(
        "visitor/archive/archive.html",
        list=of,
        letters=letters[: archive.A_PAGE],
        older=letters[archive.A_PAGE - 1].uid if has_more else None,
        is_first="before" not in request.args,
        signup=signup_address(form),
        look=page_look(form.version.definition.appearance) if form else None,
    )
    return cached(make_response(page))


def public_list(slug: str) -> MailingList:
    """The list whose archive everybody may see. Raises `NotFound`, the same for one that is not shown and for none."""
    found = archive.find_public_list(slug)
    if found is None:
        raise NotFound("archive")
    return found


def cached(answer: Response) -> ResponseReturnValue:
    """The answer as caches may keep it for a while, or that it is as it was."""
    answer.headers["Cache-Control"] = CACHED
    answer.add_etag()
    return answer.make_conditional(request)


def _before() -> UUID | None:
    try:
        return UUID(request.args["before"]) if "before" in request.args else None
    except ValueError:
        raise NotFound("letter") from None
