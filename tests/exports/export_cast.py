"""People on lists, written straight into the tables: what an export reads, without waiting for mails."""

from datetime import UTC, datetime, timedelta
from typing import Any

from signup.consent.consent_event import ConsentEvent
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact, name_from
from signup.counts.tally import Measure, count
from signup.forms.form import Form
from signup.forms.question import Option, Question
from signup.ground.db import db, transaction
from signup.signups.signup import Signup
from tests.cast import make_form, make_list

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SOURCE = {"page": "https://blog.example.org/post", "utm": {"utm_source": "feed"}, "placement": "footer"}
FIELDS = (
    Question(key="first_name", type="text", label="First name"),
    Question(
        key="interests",
        type="multi",
        label="Interests",
        options=(Option(value="tea", label="Tea"), Option(value="design", label="Design")),
    ),
    Question(key="employees", type="number", label="Employees"),
    Question(key="vip", type="yes_no", label="VIP"),
)


def make_letter() -> MailingList:
    """The list that is exported, with its form; and the noise: other people on another list."""
    noise = make_list("noise", name="Noise")
    noise_form = make_form(noise, magnet=False)
    for name in ("nina", "noel"):
        join(noise_form, f"{name}@example.org", {"first_name": name})
    letter = make_list()
    make_form(letter, magnet=False, fields=FIELDS)
    return letter


def form_of(mailing_list: MailingList) -> Form:
    return db.session.query(Form).filter_by(list_id=mailing_list.id).one()


def join(form: Form, address: str, answers: dict[str, Any] | None = None, state: str = "confirmed") -> Subscription:
    """A person on the form's list; everyone but the pending once confirmed, an hour after signing up."""
    at = START + HOUR * db.session.query(Subscription).count()
    confirmed_at = None if state == "pending" else at + HOUR
    with transaction():
        contact = db.session.query(Contact).filter_by(address_key=address).one_or_none()
        if contact is None:
            contact = Contact(address=address, address_key=address)
            db.session.add(contact)
        if confirmed_at:
            contact.answers = answers or {}
            contact.name = name_from(contact.answers)
        db.session.flush()
        taken = Subscription(
            contact_id=contact.id, list_id=form.list_id, state=state, created_at=at, confirmed_at=confirmed_at
        )
        db.session.add(taken)
        db.session.flush()
        signup = add_signup(form, taken, at)
        if confirmed_at:
            confirm(signup, confirmed_at)
        count([{"list_id": form.list_id, "measure": Measure.IN_STATE + state}])
    return taken


def add_signup(form: Form, taken: Subscription, at: datetime, **more: Any) -> Signup:
    """One submission of the form by the subscription's person. Needs an open transaction."""
    values: dict[str, Any] = {"state": "pending", "source": SOURCE, "ip": "203.0.113.7"}
    signup = Signup(
        form_id=form.id,
        form_version_id=form.version_id,
        list_id=form.list_id,
        contact_id=taken.contact_id,
        subscription_id=taken.id,
        handle="",
        language="en",
        expires_at=at + HOUR,
        created_at=at,
        **(values | more),
    )
    db.session.add(signup)
    db.session.flush()
    db.session.add(_event("requested", signup, at, signup.ip))
    return signup


def confirm(signup: Signup, at: datetime, ip: str = "198.51.100.9") -> None:
    """The click. Needs an open transaction."""
    signup.state, signup.confirmed_at = "confirmed", at
    db.session.add(_event("confirmed", signup, at, ip))
    db.session.flush()


def _event(kind: str, signup: Signup, at: datetime, ip: str | None) -> ConsentEvent:
    return ConsentEvent(
        type=kind, at=at, contact_id=signup.contact_id, list_id=signup.list_id, signup_id=signup.id, ip=ip
    )
