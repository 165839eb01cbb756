"""Reads what a visitor sent, form-encoded or as JSON, into one shape; each of our own keys at most once.

JSON is read strictly: a program that misspells a key must learn of it. A page's form is not: plugins of a website put
inputs of their own into every form they find (a nonce, a captcha), and no visitor could correct that.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from flask import Request
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from signup.forms.form import MAX_PARTNERS, Definition
from signup.ground.errors import InvalidAnswers, InvalidToken
from signup.limits.json_body import repeated_key

HONEYPOT = "leave_empty"
ELSEWHERE = "from-elsewhere"  # a hyphen: no field's key looks like that
AGREES_TO = "agrees-to"  # as above
LISTS = ("partners", AGREES_TO)
OWN_KEYS = ("email", "consent", "page", "referrer", "token", "src", "lang", "proof", ELSEWHERE, HONEYPOT, *LISTS)
JSON_KEYS = {*OWN_KEYS, "fields"}
MAX_KEYS = 100
MAX_TEXT = 300
_BROKEN = re.compile("[\0\ud800-\udfff]")


@dataclass
class Submitted:
    """A submission as sent: our own keys, and the answers by the form's field keys."""

    answers: dict[str, Any]
    is_json: bool
    problems: dict[str, str] = field(default_factory=dict)
    email: str = ""
    consents: bool = False
    partners: tuple[str, ...] = ()
    """The partners whose boxes are ticked: `ID`, or `ID.VERSION` of the words that were shown."""
    agrees_to: tuple[str, ...] = ()
    """Which tracking boxes are ticked: the purpose, or `PURPOSE.WORDS` as they were shown."""
    token: str = ""
    """The stamp of the page that it was typed on."""
    proof: str = ""
    """The solved challenge of a proof of work."""
    language: str = ""
    page: str = ""
    referrer: str = ""
    placement: str = ""
    is_from_elsewhere: bool = False
    """Whether our page only passed on what somebody else's page had sent."""
    is_by_a_program: bool = False
    """Whether the honeypot is filled in: no person sees it."""

    @property
    def as_typed(self) -> dict[str, Any]:
        """For the page that shows it again, by the names of its inputs."""
        carried = {"page": self.page, "referrer": self.referrer, "token": self.token, "src": self.placement}
        ticked = {"partners": self.partners, AGREES_TO: self.agrees_to}
        boxes = {key: {value.partition(".")[0] for value in values} for key, values in ticked.items()}
        return {**self.answers, **carried, "email": self.email, "consent": self.consents, **boxes}


def _submitted(own: dict[str, Any], answers: dict[str, Any], problems: dict[str, str], *, is_json: bool) -> Submitted:
    """The submission with our own keys; one that is missing, or no text, is empty."""
    texts = {key: value for key, value in own.items() if isinstance(value, str)}
    return Submitted(
        answers,
        is_json,
        problems,
        email=texts.get("email", ""),
        consents=str(own.get("consent", "")).lower() in {"true", "yes", "on", "1"},
        partners=tuple(map(str, own.get("partners", ()))),
        agrees_to=tuple(map(str, own.get(AGREES_TO, ()))),
        token=texts.get("token", ""),
        proof=texts.get("proof", ""),
        language=texts.get("lang", ""),
        page=texts.get("page", ""),
        referrer=texts.get("referrer", ""),
        placement=texts.get("src", ""),
        is_from_elsewhere=bool(texts.get(ELSEWHERE)),
        is_by_a_program=bool(texts.get(HONEYPOT)),
    )


def read(request: Request, definition: Definition) -> Submitted:
    """Read a request's body. Raises 400 or 415 for what is no form at all; a key of ours sent twice is a problem."""
    if request.mimetype == "application/json":
        return _read_json(request)
    if request.mimetype not in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        raise UnsupportedMediaType
    many = {one.key for one in definition.fields if one.kind.takes_several} | {*LISTS}
    known = {*OWN_KEYS, *(one.key for one in definition.fields)}
    own: dict[str, Any] = {}
    answers: dict[str, Any] = {}
    problems = {key: _("Enter some text.") for key in request.files if key in known}
    for key, values in request.form.lists():
        if key not in known:
            continue
        if len(values) > 1 and key not in many:
            problems[key] = _("Send this only once.")
        (own if key in OWN_KEYS else answers)[key] = [v for v in values if v] if key in many else values[0]
    refuse_broken_text({**own, **answers}, problems)
    return _submitted(own, answers, problems, is_json=False)


def read_own(request: Request) -> dict[str, str]:
    """What a page or script sends about a sign-up of its own: texts, `signup` among them. Raises `InvalidToken`."""
    given = request.get_json() if request.is_json else request.form
    if not hasattr(given, "items"):
        raise BadRequest
    texts = {str(key): value for key, value in given.items() if isinstance(value, str) and len(value) <= MAX_TEXT}
    if not texts.get("signup"):
        raise InvalidToken("no signup")
    return texts


def _read_json(request: Request) -> Submitted:
    try:
        body = request.get_json()  # 400 when it is none
    except BadRequest as error:
        if key := repeated_key(error):
            raise InvalidAnswers({_printable(key): _("Send this only once.")}) from None
        raise
    if not isinstance(body, dict) or len(body) > MAX_KEYS:
        raise BadRequest
    answers = body.get("fields", {})
    if not isinstance(answers, dict):
        raise InvalidAnswers({"fields": _("Send an object.")})
    problems = {str(key)[:40]: _("This form has no such field.") for key in body if key not in JSON_KEYS}
    own = {key: body[key] for key in OWN_KEYS if key in body}
    for key, text in zip(LISTS, (_("Send a list of partners."), _("Send a list of purposes.")), strict=True):
        if not _are_boxes(own.get(key, [])):
            problems[key] = text
            del own[key]
    for key, value in own.items():
        if key in LISTS:
            continue
        if not isinstance(value, str | bool) or (isinstance(value, bool) and key != "consent"):
            problems[key] = _("Enter some text.")
    refuse_broken_text({**own, **answers}, problems)
    return _submitted(own, answers, problems, is_json=True)


def _are_boxes(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MAX_PARTNERS
        and all(isinstance(one, int | str) and not isinstance(one, bool) for one in value)
    )


def refuse_broken_text(values: dict[str, Any], problems: dict[str, str]) -> None:
    """Add a problem for each value that holds no text at all."""
    # A NUL or a lone surrogate is no text that PostgreSQL stores or a mail carries.
    for key, value in values.items():
        for part in (key, *(value if isinstance(value, list) else [value])):
            if isinstance(part, str) and _BROKEN.search(part):
                problems[_printable(key)] = _("Remove the control characters.")


def _printable(key: str) -> str:
    return key.encode("utf-8", "replace").decode().replace("\0", "")[:40]
