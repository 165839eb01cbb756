"""Demo data for an empty database. Run twice, it finds what is there."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from signup.access.operator import Operator, Role, add_operator
from signup.consent.mailing_list import MailingList
from signup.demo.demo_texts import TRANSLATIONS
from signup.forms.form import Definition, Form
from signup.forms.question import Option, Question
from signup.ground.db import db, transaction
from signup.incentives import incentive
from signup.incentives.incentive import Incentive

SLUG = "the-letter"
OPERATOR = "operator@example.org"
PAPER = Path(__file__).with_name("seven-questions.pdf")


@dataclass(frozen=True)
class Demo:
    """What `run` tells about: the demo's list, form and operator."""

    mailing_list: MailingList
    form: Form
    operator: Operator


def seed(origins: tuple[str, ...]) -> Demo | None:
    """Make the demo on an empty database and let `origins` embed its form. None when the data is somebody's own."""
    others = select(func.count(MailingList.id)).where(MailingList.slug != SLUG)
    is_there = db.session.scalar(select(MailingList.id).where(MailingList.slug == SLUG)) is not None
    if not is_there and db.session.scalar(others):
        return None
    mailing_list, form = settle(origins)
    with transaction():
        operator = db.session.scalar(select(Operator).where(Operator.address_key == OPERATOR))
        operator = operator or add_operator(OPERATOR, "Opal", Role.ADMINISTRATOR, None)
    return Demo(mailing_list, form, operator)


def settle(origins: tuple[str, ...]) -> tuple[MailingList, Form]:
    """The demo's list and form, made when they are missing; `origins` may embed it."""
    with transaction():
        mailing_list = db.session.scalar(select(MailingList).where(MailingList.slug == SLUG)) or _make_list()
        published = select(Form).where(Form.list_id == mailing_list.id, Form.version_id.is_not(None))
        form = db.session.scalar(published.order_by(Form.id))
        if form is None:
            form = _make_form(mailing_list, origins)
        _allow(form, origins)
    return mailing_list, form


def _make_list() -> MailingList:
    mailing_list = MailingList(
        slug=SLUG,
        name="The Letter",
        description="A short newsletter every Friday on asking people politely.",
        sender_name="The Letter",
        sender_address="letter@example.org",
        controller="The Letter, Example Press",
        privacy_url="https://example.org/privacy",
        postal_address="1 Example Street, 1000 Exampleton",
    )
    db.session.add(mailing_list)
    db.session.flush()
    return mailing_list


def _make_form(mailing_list: MailingList, origins: tuple[str, ...]) -> Form:
    magnet: Incentive = incentive.store(
        "Seven questions before you sign up", "seven-questions.pdf", PAPER.read_bytes(), "application/pdf"
    )
    db.session.add(magnet)
    db.session.flush()
    interests = (
        Option(value="design", label="Design"),
        Option(value="privacy", label="Privacy"),
        Option(value="writing", label="Writing"),
    )
    work = (Option(value="alone", label="On my own"), Option(value="team", label="In a team"))
    form = Form(name="Letter form", list_id=mailing_list.id)
    form.publish(
        Definition(
            title="Get The Letter",
            intro="A short email every Friday, starting with a white paper: “Seven questions before you sign up”.",
            fields=(
                Question(key="first_name", type="text", label="First name"),
                Question(key="interests", type="multi", label="What interests you?", options=interests),
                Question(key="work", type="choice", label="How do you work?", options=work, is_later=True),
            ),
            wording="I would like to receive The Letter by email every week. I can unsubscribe at any time with one"
            " click.",
            allowed_origins=origins,
            lead_magnet_id=magnet.id,
            translations=TRANSLATIONS,
        )
    )
    return form


def _allow(form: Form, origins: tuple[str, ...]) -> None:
    definition = form.version.definition
    if missing := [origin for origin in origins if origin not in definition.allowed_origins]:
        form.publish(definition.model_copy(update={"allowed_origins": (*definition.allowed_origins, *missing)}))
