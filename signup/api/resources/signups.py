"""Sign-ups: a program starts a double opt-in for a visitor of its own page.

The same checks, limits, email and proof as for our own forms; nothing but the person's own click confirms it.
"""

from dataclasses import replace
from http import HTTPStatus
from typing import Literal

from pydantic import Field

from signup.access import scope
from signup.access.api_key import ApiKey, KeyScope
from signup.addresses.address import Address
from signup.api.endpoint import endpoint
from signup.api.problem import refuse, stop
from signup.api.shapes import Line, Shape, Told, Values
from signup.consent.visit import Visit
from signup.contacts import source as sources
from signup.enquiries import take_enquiry
from signup.forms.live_form import LiveForm, live_form
from signup.ground.errors import InvalidAddress, InvalidAnswers, NotFound, TooMany
from signup.ground.i18n import settle
from signup.ground.urls import settings
from signup.limits.limit_rule import is_silent, read_ip
from signup.signups import admission, check_submission, store_signup
from signup.signups.check_submission import CheckedSubmission
from signup.signups.follow_up import follow_up
from signup.signups.submitted import Submitted

METHOD = "api"


class Visitor(Shape):
    """The person's own browser, as your server sees it: part of the proof, and what limits for a network count."""

    ip: Line = Field(default="", description="Without it only the limits of address and list hold.")
    agent: Line = Field(default="", description="`User-Agent`")


class PageSeen(Shape):
    """Where the person signed up. Of its query only `utm_…` is kept."""

    url: str = Field(default="", max_length=2_000, pattern=r"^[^\x00-\x20\x7f]*$")
    referrer: str = Field(default="", max_length=2_000, pattern=r"^[^\x00-\x20\x7f]*$")
    placement: Line = Field(default="", description="Which of several places, such as `footer`.")


class NewSignup(Shape):
    """What a person typed, and what they agreed to."""

    model_config = Shape.model_config | {
        "json_schema_extra": {
            "examples": [
                {
                    "form": "{form}",
                    "form_version": 1,
                    "consent": True,
                    "email": "ada@example.org",
                    "fields": {"first_name": "Ada"},
                    "page": {"url": "https://blog.example.org/post?utm_source=feed", "placement": "footer"},
                    "visitor": {"ip": "203.0.113.7", "agent": "Mozilla/5.0"},
                }
            ]
        }
    }
    form: Line = Field(description="The form's id.")
    form_version: int = Field(ge=1, description="The version whose words the person read: 409 if it is another now.")
    consent: Literal[True] = Field(description="The person ticked the box beside the wording.")
    email: str = Field(max_length=300)
    fields: Values = Field(default={})
    language: Line = Field(default="", description="Of the wording that the person read; empty: the form's own.")
    page: PageSeen = PageSeen()
    visitor: Visitor = Visitor()
    partners: list[Line] = Field(default=[], max_length=20, description="Partners whose boxes were ticked, by id.")
    tracking: list[Line] = Field(default=[], max_length=4, description="Tracking boxes that were ticked.")


class SignupTold(Told):
    """The same for an address that is new, waiting, confirmed or suppressed: nobody can find out through you."""

    status: Literal["pending"] = "pending"
    form: str
    is_test: bool


@endpoint("POST", "/signups", KeyScope.SIGNUPS_WRITE, "Start a double opt-in", status=202)
def signup_new(key: ApiKey, body: NewSignup) -> SignupTold:
    """Store a sign-up and send its confirmation email. It is on the list when the person has confirmed: `GET /events`
    and webhooks tell. A key whose kind is `test` makes a test sign-up.
    """
    form = _form(body)
    try:
        sent = check_submission.check(form, _submitted(body), _source(body), _visit(body))
        if key.is_test:
            sent = replace(sent, address=_for_test(sent.address))
    except InvalidAnswers as error:
        refuse({f"body.{_place(name)}": text for name, text in error.problems.items()})
    _sign_up(form, sent)
    return SignupTold(form=form.public_id, is_test=key.is_test)


def _form(body: NewSignup) -> LiveForm:
    try:
        form = live_form(body.form)
    except NotFound:
        raise NotFound("form") from None
    if not scope.covers({form.list_id}):
        raise NotFound("form")
    if form.version_number != body.form_version:
        detail = f"The form’s words are now those of version {form.version_number}. Read it again, and show them."
        stop(HTTPStatus.CONFLICT, "The form has changed", detail)
    if body.language and body.language not in form.in_language:
        refuse({"body.language": f"This form is offered in {', '.join(form.in_language)}."})
    form = form.in_language[body.language] if body.language else form
    settle(form.definition.language)
    return form


def _submitted(body: NewSignup) -> Submitted:
    return Submitted(
        dict(body.fields),
        is_json=True,
        email=body.email,
        consents=True,
        partners=tuple(body.partners),
        agrees_to=tuple(body.tracking),
        language=body.language,
    )


def _source(body: NewSignup) -> sources.Source:
    return sources.from_page(body.page.url, body.page.referrer, body.page.placement)


def _visit(body: NewSignup) -> Visit:
    if not settings().keep_addresses_of_visitors:
        return Visit(None, None, METHOD)
    return Visit(_ip(body), body.visitor.agent or None, METHOD)


def _ip(body: NewSignup) -> str | None:
    if not body.visitor.ip:
        return None
    found = read_ip(body.visitor.ip)
    if found is None:
        refuse({"body.visitor.ip": "This is no IP address."})
    return str(found)


def _for_test(address: Address) -> Address:
    try:
        return address.as_test()
    except InvalidAddress:
        raise InvalidAnswers({"email": "Too long for a test."}) from None


def _place(name: str) -> str:
    return name if name in NewSignup.model_fields else f"fields.{name}"


def _sign_up(form: LiveForm, sent: CheckedSubmission) -> None:
    attempt = admission.attempt(form.list_id, sent.address, sent.visit.ip)
    stored = None
    try:
        if form.definition.takes_messages:
            stored = take_enquiry.take(sent, attempt, wants_list=True, held_by="")
        else:
            values = store_signup.gather(sent)
            with admission.admitted(sent, attempt) as turn:
                stored = store_signup.store(turn, sent, values)
    except TooMany as error:
        if not is_silent(error.rule):
            headers = {"Retry-After": str(error.retry_after)}
            stop(HTTPStatus.TOO_MANY_REQUESTS, "Too many sign-ups", "From this network, or for this list.", headers)
    if stored:
        follow_up(form, stored, sent.visit)
