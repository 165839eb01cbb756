"""The kinds of mail, and all that depends on a kind: priority, patience, the consent it needs, its headers, its words.

A new kind is one member here, its templates in `templates/mail/<kind>`, and its test. A kind that does not say what
consent it needs is never sent.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum, StrEnum
from typing import Any, Self

from signup.consent.mailable import ConsentNeed
from signup.counts.tally import Measure
from signup.ground.i18n import _


class Priority(IntEnum):
    """The order of sending, the lowest number first: no confirmation waits for a campaign."""

    CONFIRM = 0
    MAGNET = 1
    SYSTEM = 2
    CAMPAIGN = 9


@dataclass(frozen=True)
class KindRules:
    """What holds for every mail of a kind."""

    label: Any
    """Its name in the admin."""
    priority: Priority = Priority.SYSTEM
    needs: ConsentNeed | None = None
    """None: nobody has said, and no such mail goes out."""
    give_up: timedelta = timedelta(days=4)
    """How long a relay that says “later” is asked again."""
    is_list_mail: bool = False
    """Carries the unsubscribe link, in its text and in its headers (RFC 8058)."""
    is_automatic: bool = False
    """Says so in its headers, so that no vacation note answers it (RFC 3834)."""
    may_go_twice: bool = True
    """Goes again when its sender died and it may have gone out (RFC 1047)."""
    is_of_campaign: bool = False
    """Goes only while its campaign runs."""
    measure: Measure | None = None
    """What one that was sent counts as."""
    is_proof: bool = False
    """Belongs to a consent: its proof keeps what builds it again."""
    sample: dict[str, Any] = field(default_factory=dict)
    """Every value that its templates may use, as in a real mail; the links lead nowhere."""


_UNCLASSIFIED = KindRules("")
_CONFIRM_VALUES = {"token": "example", "code": "246810", "reminders": 0, "partners": []}
_GIFT_VALUES = dict.fromkeys(("download", "magnet", "discount", "fallback", "until"))
_LIST_VALUES = {"unsubscribe": "example", "preferences": "example"}
_ACCOUNT_VALUES = {"token": "example", "name": "Opal", "by": "", "role": "Editor"}


class MessageKind(StrEnum):
    """What a mail is for."""

    rules: KindRules

    def __new__(cls, value: str, rules: KindRules = _UNCLASSIFIED) -> Self:
        member = str.__new__(cls, value)
        member._value_, member.rules = value, rules
        return member

    CONFIRM = (
        "confirm",
        KindRules(
            _("Confirmation email"),
            Priority.CONFIRM,
            ConsentNeed.OPEN_SIGNUP,
            give_up=timedelta(hours=48),
            is_automatic=True,
            measure=Measure.MAILED,
            is_proof=True,
            sample=_CONFIRM_VALUES,
        ),
    )
    REMINDER = (
        "reminder",
        KindRules(
            _("Reminder"),
            needs=ConsentNeed.UNANSWERED_SIGNUP,
            give_up=timedelta(hours=24),
            is_automatic=True,
            measure=Measure.REMINDED,
            is_proof=True,
            sample={"token": "example", "is_last": True},
        ),
    )
    WELCOME = (
        "welcome",
        KindRules(
            _("Welcome email"),
            Priority.MAGNET,
            ConsentNeed.CONFIRMED,
            is_list_mail=True,
            is_proof=True,
            sample=_GIFT_VALUES | _LIST_VALUES,
        ),
    )
    ALREADY = (
        "already",
        KindRules(
            _("“Already on the list” email"),
            Priority.MAGNET,
            ConsentNeed.CONFIRMED,
            is_list_mail=True,
            is_proof=True,
            sample=_GIFT_VALUES | _LIST_VALUES | {"partners": []},
        ),
    )
    MAGNET = (
        "magnet",
        KindRules(
            _("New download link"),
            Priority.MAGNET,
            ConsentNeed.CONFIRMED,
            is_list_mail=True,
            sample=_GIFT_VALUES | _LIST_VALUES,
        ),
    )
    COPY = (
        "copy",
        KindRules(
            _("Copy of a person’s data"),
            needs=ConsentNeed.NONE,
            give_up=timedelta(hours=1),
            is_automatic=True,
            sample={"token": "example"},
        ),
    )
    ERASE = (
        "erase",
        KindRules(
            _("Deletion of a person’s data"),
            needs=ConsentNeed.NONE,
            give_up=timedelta(hours=24),
            is_automatic=True,
            sample={"token": "example"},
        ),
    )
    ADDRESS = (
        "address",
        KindRules(
            _("Confirmation of a new address"),
            needs=ConsentNeed.NONE,
            give_up=timedelta(hours=24),
            is_automatic=True,
            sample={"token": "example"},
        ),
    )
    MOVED = (
        "moved",
        KindRules(
            _("Notice of a changed address"),
            needs=ConsentNeed.NONE,
            is_automatic=True,
            sample={"address": "n•••@example.org"},
        ),
    )
    """To the old address."""
    INVITE = (
        "invite",
        KindRules(_("Invitation"), needs=ConsentNeed.NONE, is_automatic=True, sample=_ACCOUNT_VALUES),
    )
    RESET = (
        "reset",
        KindRules(
            _("New password"),
            needs=ConsentNeed.NONE,
            give_up=timedelta(hours=1),
            is_automatic=True,
            sample=_ACCOUNT_VALUES,
        ),
    )
    SUMMARY = (
        "summary",
        KindRules(
            _("Weekly summary"),
            needs=ConsentNeed.NONE,
            give_up=timedelta(days=2),
            is_automatic=True,
            sample={"name": "Opal", "first": "23 Nov", "last": "29 Nov 2026", "lines": [["Confirmed", "12", ""]]},
        ),
    )
    """Last week's figures, to an operator who asked for it."""
    WEBHOOK = (
        "webhook",
        KindRules(
            _("Webhook paused"),
            needs=ConsentNeed.NONE,
            give_up=timedelta(days=2),
            is_automatic=True,
            sample={"name": "Opal", "host": "hooks.example.org", "reason": "gone", "page": "example"},
        ),
    )
    """To the operator who made an endpoint that is sent nothing any more."""
    ENQUIRY = (
        "enquiry",
        KindRules(
            _("Message from a form"),
            needs=ConsentNeed.NONE,
            is_automatic=True,
            sample={"form": "Contact us", "address": "eve@example.org", "answers": [], "wants_list": False},
        ),
    )
    """What a visitor wrote by a form, to the form's owner."""
    CAMPAIGN = (
        "campaign",
        KindRules(
            _("Campaign"),
            Priority.CAMPAIGN,
            ConsentNeed.CONFIRMED,
            is_list_mail=True,
            may_go_twice=False,
            is_of_campaign=True,
        ),
    )
    AUTOMATION = (
        "automation",
        KindRules(_("Automation"), Priority.SYSTEM, ConsentNeed.CONFIRMED, is_list_mail=True),
    )
    """A letter to one person whose day has come."""
    TEST = ("test", KindRules(_("Test email"), needs=ConsentNeed.NONE))
    """Another mail as an operator wrote it, sent to themselves; it has no templates of its own."""


def rules_of(kind: str) -> KindRules:
    """What holds for a stored kind; of one that this release does not know, nothing that lets it go."""
    try:
        return MessageKind(kind).rules
    except ValueError:
        return KindRules(kind)


GO_ONCE = tuple(kind for kind in MessageKind if not kind.rules.may_go_twice)
