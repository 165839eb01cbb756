"""May a mail go to this address now, for this list and purpose, and if not, why? It may not until a rule says yes.

The rules are SQLAlchemy. `as_sql` spells them for the hand-written statements of the hot paths.
This floor knows no kinds of mail: each kind says what consent it needs (`signup.mailer.message_kind`).
"""

from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Dialect, FromClause, Select, and_, case, false, not_, or_, select
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.orm import aliased

from signup.consent.partner import Partner, PartnerConsent, PartnerState
from signup.consent.subscription import Subscription, SubscriptionState
from signup.consent.suppression import Suppression
from signup.contacts.contact import Contact
from signup.ground.db import Base
from signup.ground.dialect import now

DIALECTS: dict[str, Dialect] = {
    "postgresql": PGDialect(),  # type: ignore[no-untyped-call]
    "sqlite": SQLiteDialect(),
}
EXITS = (SubscriptionState.UNSUBSCRIBED, SubscriptionState.BOUNCED, SubscriptionState.COMPLAINED)
"""Who left a list, whichever way: nobody mails them for it."""
NEVER_ASKED = (SubscriptionState.CONFIRMED, SubscriptionState.COMPLAINED)
"""Who is not asked to confirm: who has confirmed already, and who reported a mail as spam."""


class ConsentNeed(StrEnum):
    """What a kind of mail needs, beside an address that is not on the stop list."""

    NONE = "none"
    """Its reader asked for this mail, or it is about the reader's own account."""
    OPEN_SIGNUP = "open-signup"
    """A sign-up that waits for its confirmation, with a link that is still good."""
    UNANSWERED_SIGNUP = "unanswered-signup"
    """An open sign-up, and since it was made its person has neither joined nor left."""
    CONFIRMED = "confirmed"
    """A confirmed subscription."""


OF_A_SIGNUP = frozenset({ConsentNeed.OPEN_SIGNUP, ConsentNeed.UNANSWERED_SIGNUP})


class Obstacle(StrEnum):
    """Why a mail may not go."""

    UNCLASSIFIED = "this kind of mail does not say what consent it needs"
    SUPPRESSED = "the address is on the suppression list"
    SIGNUP_OVER = "the sign-up is over"
    ANSWERED = "the person has answered since"
    NOT_CONFIRMED = "no confirmed subscription"


class Recipient(NamedTuple):
    """Whom a mail is for, as columns or SQL."""

    address_hash: Any
    signup_id: Any
    subscription_id: Any


def may_be_mailed(need: ConsentNeed | None, to: Recipient) -> ColumnElement[bool]:
    """Whether a mail with this need may go to `to` now; nothing may that needs no one knows what."""
    return and_(*_conditions(need, to).values()) if need else false()


def why_not(need: ConsentNeed | None, to: Recipient) -> ColumnElement[str]:
    """The first obstacle to such a mail; an empty text when it may go."""
    if need is None:
        return case((not_(false()), Obstacle.UNCLASSIFIED.value))
    unmet = [(not_(holds), obstacle.value) for obstacle, holds in _conditions(need, to).items()]
    return case(*unmet, else_="")


def is_suppressed(address_hash: Any = Contact.address_hash) -> ColumnElement[bool]:
    """Whether an address is on the stop list; a contact's own, unless another is named."""
    mine = select(Suppression.address_hash).where(Suppression.address_hash == address_hash)
    return mine.correlate_except(Suppression).exists()


def looked_up_as_suppressed() -> ColumnElement[bool]:
    """Whether a contact's own address is on the stop list, for a query of many: a planner reads it whole for EXISTS."""
    mine = select(Suppression.address_hash).where(Suppression.address_hash == Contact.address_hash).limit(1)
    return mine.correlate(Contact).scalar_subquery().is_not(None)


def is_reachable() -> ColumnElement[bool]:
    """Of a contact: whether some list may mail it."""
    return and_(Contact.standing == SubscriptionState.CONFIRMED, ~is_suppressed())


def must_not_be_mailed() -> ColumnElement[bool]:
    """Of a subscription: whether its person must get no mail from anybody who sends for this list."""
    return or_(Subscription.state.in_(EXITS), is_owner_suppressed())


def is_owner_suppressed() -> ColumnElement[bool]:
    """Of a subscription: whether its contact's address is on the stop list."""
    mine = select(Contact.id).where(Contact.id == Subscription.contact_id, is_suppressed())
    return mine.correlate(Subscription).exists()


def has_agreed_to(partner_slug: str) -> ColumnElement[bool]:
    """Of a subscription: whether its person agreed, with this list, to hear from a partner."""
    mine = select(PartnerConsent.id).join(Partner, Partner.id == PartnerConsent.partner_id)
    mine = mine.where(
        Partner.slug == partner_slug,
        PartnerConsent.contact_id == Subscription.contact_id,
        PartnerConsent.list_id == Subscription.list_id,
        PartnerConsent.state == PartnerState.CONFIRMED,
    )
    return mine.correlate(Subscription).exists()


def is_open(signup_id: Any) -> ColumnElement[bool]:
    """Whether a sign-up waits for its confirmation, with a link that is still good."""
    return _open_signup(_signup(), signup_id).exists()


def is_unanswered(subscription: Any, signup: Any) -> ColumnElement[bool]:
    """Whether the person of a sign-up has neither joined nor left since, and no mail came back."""
    left_before = and_(
        subscription.state == SubscriptionState.UNSUBSCRIBED.value, subscription.state_at <= signup.created_at
    )
    return or_(subscription.state == SubscriptionState.PENDING.value, left_before)


def may_be_asked(state: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a person with this state on a list is asked to confirm."""
    return state.not_in(NEVER_ASKED)


def as_sql(condition: ColumnElement[Any], engine: str) -> str:
    """A condition as text, for a statement that is written by hand.

    The columns and parameters of that statement come in as `literal_column`: a real column would add its table here.
    """
    compiled = condition.compile(dialect=DIALECTS[engine], compile_kwargs={"literal_binds": True})
    return f"({compiled})"


def _conditions(need: ConsentNeed, to: Recipient) -> dict[Obstacle, ColumnElement[bool]]:
    """What must hold, by what stands against the mail where it does not.

    The tables are asked by names of their own: `to` may be columns of these very tables.
    """
    found = {Obstacle.SUPPRESSED: ~is_suppressed(to.address_hash)}
    entry, signup = aliased(Subscription), _signup()
    if need in OF_A_SIGNUP:
        found[Obstacle.SIGNUP_OVER] = is_open(to.signup_id)
    if need == ConsentNeed.UNANSWERED_SIGNUP:
        asked = _open_signup(signup, to.signup_id).join(entry, entry.id == signup.c.subscription_id)
        unanswered = asked.where(is_unanswered(entry, signup.c)).correlate_except(signup, entry)
        found[Obstacle.ANSWERED] = unanswered.exists()
    if need == ConsentNeed.CONFIRMED:
        mine = select(entry.id).where(entry.id == to.subscription_id, entry.state == SubscriptionState.CONFIRMED)
        found[Obstacle.NOT_CONFIRMED] = mine.correlate_except(entry).exists()
    return found


def _open_signup(signup: Any, signup_id: Any) -> Select[int]:
    mine = select(signup.c.id).where(signup.c.id == signup_id)
    return mine.where(signup.c.state == "pending", signup.c.expires_at > now()).correlate_except(signup)


def _signup() -> FromClause:
    """The table of sign-ups. Its class is on a floor above, so the metadata gives it."""
    return Base.metadata.tables["signup"].alias()
