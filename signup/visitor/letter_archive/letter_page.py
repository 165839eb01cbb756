"""GET /archive/<list>/<campaign>: one letter as it was sent, without a person. Nothing is noted.

Its address is in its mails and cannot be guessed. Only when its list lists it may search engines and caches keep it.
"""

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _

from signup.campaigns import archive
from signup.campaigns.campaign import Campaign
from signup.campaigns.letter import WIDTH, WIDTHS
from signup.forms.form import Form
from signup.forms.look_in_mail import look_in_mail
from signup.ground.errors import NotFound
from signup.ground.i18n import settle
from signup.ground.urls import origin_of, settings
from signup.mailer import compose, web_letter
from signup.mailer.letter_template import LetterTemplate
from signup.mailer.mail_look import MailLook

PLACES = ("title", "head", "above", "below")
CACHED = "public, max-age=300"
ASKED_EACH_TIME = "private, no-cache"


def archived_letter(slug: str, uid: UUID) -> ResponseReturnValue:
    campaign = archive.find_campaign(uid)
    if campaign is None:
        raise NotFound(f"letter {uid}")
    if not archive.is_out(campaign):
        settle(campaign.list.language)
        text = _("This letter has not been sent yet. Come back once it has.")
        return render_template("visitor/notice.html", title=_("Not sent yet"), text=text), HTTPStatus.NOT_FOUND
    if campaign.list.slug != slug:  # the list was given another short name since the mail was sent
        return redirect(url_for("forms.archived_letter", slug=campaign.list.slug, uid=uid), HTTPStatus.FOUND)
    return _answer(campaign)


def _answer(campaign: Campaign) -> ResponseReturnValue:
    letter = LetterTemplate.read(compose.letter_content(campaign.template_hash or ""))
    settle(letter.fixed.get("language"))
    is_listed = archive.is_listed(campaign)
    page = web_letter.page_of(letter, _own_places(campaign, letter, is_listed=is_listed))
    answer = Response(page.html, mimetype="text/html")
    # Nothing in it runs or sends; its pictures are from wherever the sender put them, as in the mail.
    ours = origin_of(settings().public_url)
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {' '.join(page.style_hashes)}; img-src https: {ours};"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-popups"
        " allow-popups-to-escape-sandbox allow-top-navigation"
    )
    answer.headers["Cache-Control"] = CACHED if is_listed else ASKED_EACH_TIME
    if not is_listed:
        answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.add_etag()
    return answer.make_conditional(request)


def _own_places(campaign: Campaign, letter: LetterTemplate, *, is_listed: bool) -> dict[str, str]:
    """What the page adds to the letter, by place."""
    form = archive.newest_form(campaign.list)
    values = {
        "campaign": campaign,
        "list": campaign.list,
        "subject": web_letter.subject_of(letter),
        "is_listed": is_listed,
        "signup": signup_address(form),
        "link": (look_in_mail(form.version.definition.appearance) if form else MailLook()).link,
        "width": WIDTHS.get(campaign.layout, WIDTH),
    }
    template = "visitor/archive/letter_{}.html"
    return {place: render_template(template.format(place), **values) for place in PLACES}


def long_day(at: datetime) -> str:
    """A day as the page's language writes it."""
    return str(format_date(at, "long"))


def signup_address(form: Form | None) -> str:
    """The page to sign up on; empty where there is none."""
    return url_for("forms.show", public_id=form.public_id) if form else ""
