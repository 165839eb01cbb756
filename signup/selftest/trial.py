"""The state of a self-test: what its visitor has, and what the service has stored of them."""

from dataclasses import dataclass, field

from sqlalchemy import func, or_, select

from signup.addresses import address as addresses
from signup.audience.search_change import SearchChange
from signup.contacts.contact import Contact
from signup.demo import catcher
from signup.forms.form import Form
from signup.ground.db import Base, db, transaction
from signup.ground.urls import settings
from signup.privacy.delete_test_contacts import forget
from signup.selftest.browser import Browser, BrowserPage
from signup.signups.signup import Signup

RECENT = 50


class StepFailed(Exception):  # an outcome of a step
    """A step did not do what it should; `str(error)` says what was seen."""


@dataclass
class Trial:
    """The visitor, and what they have in their hands so far."""

    form: Form
    to: str
    browser: Browser = field(default_factory=Browser)
    page: BrowserPage | None = None
    link: str = ""

    @property
    def reads_mail(self) -> bool:
        return not settings().smtp_url.get_secret_value()

    @property
    def shown(self) -> BrowserPage:
        if self.page is None:
            raise StepFailed("there is no page")
        return self.page


def clean_up(trial: Trial) -> str:
    key = addresses.parse(trial.to).as_test().key
    contact_id = db.session.scalar(select(Contact.id).where(Contact.address_key == key))
    if contact_id is None:
        return "nothing had been stored"
    signup_ids = list(db.session.scalars(select(Signup.id).where(Signup.contact_id == contact_id)))
    with transaction():
        forget([contact_id])
    if trial.reads_mail:
        for path in catcher.newest_first(settings().signup_var / "mail")[:RECENT]:
            if trial.to in catcher.summarize(path).to:
                path.unlink(missing_ok=True)
    if left := remaining_tables(contact_id, signup_ids):
        raise StepFailed(f"rows left in {', '.join(left)}")
    return "no rows left"


# Numbers that wait for the search's index, which the worker takes up: they say nothing of anybody.
_PASSING = {SearchChange.__table__}


def remaining_tables(contact_id: int, signup_ids: list[int]) -> list[str]:
    """The tables that still name the contact or one of its sign-ups."""
    found = []
    for table in (table for table in Base.metadata.sorted_tables if table not in _PASSING):
        named = [table.c.contact_id == contact_id] if "contact_id" in table.c else []
        named += [table.c.signup_id.in_(signup_ids)] if "signup_id" in table.c else []
        if named and db.session.scalar(select(func.count()).select_from(table).where(or_(*named))):
            found.append(table.name)
    return found


def stored(trial: Trial) -> Signup:
    signup = newest_signup(trial)
    if signup is None:
        raise StepFailed("the sign-up is gone")
    return signup


def newest_signup(trial: Trial) -> Signup | None:
    """The newest sign-up of this test, read anew."""
    db.session.rollback()
    key = addresses.parse(trial.to).as_test().key
    mine = select(Signup).join(Contact, Contact.id == Signup.contact_id).where(Contact.address_key == key)
    newest = mine.where(Signup.form_id == trial.form.id).order_by(Signup.id.desc()).limit(1)
    found: Signup | None = db.session.scalar(newest.execution_options(populate_existing=True))
    return found
