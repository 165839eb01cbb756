"""Signs up as a visitor does, step by step from the form to the incentive; afterwards nothing of it is left.

It is a test (`Nature.TEST`): no count notices it.
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from signup.consent.consent_event import ConsentEvent
from signup.consent.subscription import SubscriptionState
from signup.forms.form import Form
from signup.forms.question import Question
from signup.forms.snippet import hosted_url
from signup.forms.stamp import test_stamp
from signup.ground.db import db
from signup.ground.errors import NotFound, SignupError
from signup.ground.tokens import RENDER_MIN_AGE
from signup.ground.urls import settings
from signup.incentives import incentive
from signup.mailer.message_kind import MessageKind
from signup.selftest.received_mail import wait_for_mail, wait_until_sent
from signup.selftest.trial import StepFailed, Trial, clean_up, newest_signup, stored
from signup.signups import proof_of_work
from signup.signups.signup import SignupState

DOMAIN = "example.com"
OK = 200
TRIES = ("Test", "1", "2020", "1000", "2020-01-31", "+41 79 123 45 67", "https://example.com", "yes")


@dataclass
class SelftestStep:
    """One step and what came of it. `look_at` says where to look when it failed."""

    step: str
    ok: bool
    ms: int
    detail: str
    look_at: str = ""


def form_to_try(public_id: str = "") -> Form:
    """The form with this id, else the first that asks for a confirmation. Raises `NotFound`."""
    query = select(Form).where(Form.archived_at.is_(None), Form.version_id.is_not(None)).order_by(Form.id)
    for form in db.session.scalars(query):
        if public_id in {"", form.public_id} and form.version.definition.opt_in == "double":
            return form
    raise NotFound(f"form {public_id or 'to try'} (with double opt-in, not archived)")


def try_out(form: Form, to: str = "", say: Callable[[SelftestStep], object] = lambda _step: None) -> list[SelftestStep]:
    """Do every step until one fails, then clean up; `say` is told each at once. `to` is where the mail goes."""
    trial = Trial(form, to or _address(form))
    steps: list[SelftestStep] = []
    try:
        for name, act, look_at in STEPS:
            if steps and not steps[-1].ok:
                break
            steps.append(_do(name, act, look_at, trial))
            say(steps[-1])
    finally:  # also for who has seen enough, and pressed Ctrl-C or ended the pipe
        look_at = "the contacts page, under “Tests”: a week later it is deleted"
        steps.append(_do("clean up", clean_up, look_at, trial))
    say(steps[-1])
    return steps


def _do(name: str, act: Callable[[Trial], str], look_at: str, trial: Trial) -> SelftestStep:
    began = time.monotonic()
    try:
        detail, ok = act(trial), True
    except (StepFailed, SignupError, SQLAlchemyError, OSError) as error:
        said = str(error).splitlines()[0] if str(error) else ""
        detail, ok = said if isinstance(error, StepFailed) else f"{type(error).__name__}: {said}", False
    finally:
        db.session.rollback()
    return SelftestStep(name, ok, round((time.monotonic() - began) * 1000), detail, "" if ok else look_at)


def _address(form: Form) -> str:
    """Where a test's mail goes: to nobody when the catcher takes it, else to the list's own sender."""
    if settings().smtp_url.get_secret_value():
        return form.list.sender_address
    return f"selftest-{secrets.token_hex(4)}@{DOMAIN}"


def _open_form(trial: Trial) -> str:
    url = f"{hosted_url(trial.form)}?test={test_stamp(trial.form.public_id)}"
    trial.page = page = trial.browser.open(url)
    if page.status != OK or not page.forms:
        raise StepFailed(f"{hosted_url(trial.form)} answered {page.status}")
    return hosted_url(trial.form)


def _sign_up(trial: Trial) -> str:
    time.sleep(RENDER_MIN_AGE.total_seconds())  # nobody types faster
    questions = trial.form.version.definition.first_fields
    typed = {one.key: _answer(one) for one in questions if one.required}
    typed |= {"email": trial.to, "consent": "yes"}
    if (form := trial.shown.forms[0]).bits:
        typed["proof"] = _solved(form.hidden["proof"], form.bits)
    page = trial.browser.press(trial.shown, **typed)
    if page.status != OK:
        raise StepFailed(f"the form was answered with {page.status}")
    signup = newest_signup(trial)
    if signup is None:
        raise StepFailed("the form was accepted, but nothing was stored: a limit held it back")
    return f"stored as {signup.state}, answers: {len(typed) - 2}"


def _answer(question: Question) -> str | list[str]:
    for text in [*(option.value for option in question.shown_options), *TRIES]:
        try:
            question.read([text] if question.kind.takes_several else text)
        except ValueError:
            continue
        return [text] if question.kind.takes_several else text
    raise StepFailed(f"no answer to “{question.label}” is known that its check takes")


def _solved(text: str, bits: int) -> str:
    n = 0
    while not proof_of_work.has_zero_bits(answer := f"{text}.{n}", bits):
        n += 1
    return answer


def _open_link(trial: Trial) -> str:
    trial.page = page = trial.browser.open(trial.link)
    if page.status != OK or not page.forms:
        raise StepFailed(f"the link answered {page.status}")
    if stored(trial).state != SignupState.PENDING:
        raise StepFailed("opening the link already confirmed: a scanner would confirm too")
    return "opens, and opening it confirms nobody"


def _confirm(trial: Trial) -> str:
    trial.page = page = trial.browser.press(trial.shown)
    if page.status != OK:
        raise StepFailed(f"the button was answered with {page.status}")
    return "the button was pressed"


def _check_proof(trial: Trial) -> str:
    signup = stored(trial)
    if signup.state != SignupState.CONFIRMED or signup.subscription.state != SubscriptionState.CONFIRMED:
        raise StepFailed(f"the sign-up is {signup.state}, the subscription {signup.subscription.state}")
    mine = select(ConsentEvent.type).where(ConsentEvent.signup_id == signup.id).order_by(ConsentEvent.id)
    events = list(db.session.scalars(mine))
    if missing := {"requested", "mail_accepted", "confirmed"} - set(events):
        raise StepFailed(f"the proof lacks {', '.join(sorted(missing))}")
    return f"confirmed; proof: {', '.join(events)}"


def _take_magnet(trial: Trial) -> str:
    wait_until_sent(trial, MessageKind.WELCOME)
    magnet = trial.form.version.lead_magnet
    if magnet is None or not magnet.has_link:
        return "the welcome mail went out; the form gives no file"
    link = next((one for one in trial.shown.links if "/download/" in one), None)
    if link is None:
        raise StepFailed(f"the page after confirming has no link to “{magnet.name}”")
    if magnet.kind != incentive.IncentiveKind.FILE:
        return f"the welcome mail went out; the link to “{magnet.name}” is there"
    page = trial.browser.open(urljoin(trial.shown.url, link))
    if page.status != OK or hashlib.sha256(page.body).hexdigest() != magnet.sha256:
        raise StepFailed(f"“{magnet.name}” was answered with {page.status} and {len(page.body)} bytes")
    return f"the welcome mail went out; “{magnet.name}”, {len(page.body)} bytes, as uploaded"


STEPS: tuple[tuple[str, Callable[[Trial], str], str], ...] = (
    ("form", _open_form, "is `signup web` running, and does PUBLIC_URL lead to it? `signup doctor`"),
    ("sign-up", _sign_up, "the log of `signup web`; the page Protection and `signup limits`"),
    ("mail", wait_for_mail, "is `signup worker` running? The page Outbox, `signup outbox`, `signup doctor`"),
    ("link", _open_link, "PUBLIC_URL; have the SECRET_KEYS been changed? `signup doctor`"),
    ("confirm", _confirm, "the log of `signup web`"),
    ("proof", _check_proof, "the log of `signup web`"),
    ("incentive", _take_magnet, "the folder of files and its rights; the page Forms → Incentives; `signup outbox`"),
)
