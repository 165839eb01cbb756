"""What is deleted by itself, and after how long. The worker's chores and docs/retention.md are made from this list."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from signup.access import passkey, sign_in_wait
from signup.consent import erasure
from signup.enquiries import enquiry
from signup.exports import export_job, finished_file
from signup.ground.config import Settings
from signup.ground.jobs import Chore
from signup.ground.tokens import CONFIRM_TTL
from signup.imports import import_job
from signup.kiosks import kiosk
from signup.limits import governor
from signup.mailer import mail_domain, outbox
from signup.privacy import delete_test_contacts, purge_unconfirmed
from signup.signups import held_back

HOUR = timedelta(hours=1)
TEN_MINUTES = timedelta(minutes=10)


def _in_words(time: timedelta) -> str:
    hours = time.seconds // 3600
    parts = [f"{n} {unit}{'s' * (n > 1)}" for n, unit in ((time.days, "day"), (hours, "hour")) if n]
    return " and ".join(parts)


@dataclass(frozen=True)
class RetentionRule:
    """One kind of data: where it lies, what of it goes, how long after what, and the work that deletes it."""

    chore: str
    """The name of the worker's beat; never renamed, for the database knows it."""
    every: timedelta
    work: Callable[[], object]
    table: str
    """The tables, or the folder below `SIGNUP_VAR`."""
    what: str
    after: timedelta | str
    """How long, or the name of the setting that says so many days."""
    event: str
    """After which event, or with no time of its own, until which."""

    @property
    def kept(self) -> str:
        """How long it is kept, in words."""
        if isinstance(self.after, str):
            return f"{Settings.model_fields[self.after].default} days (`{self.after.upper()}`) after {self.event}"
        return f"{_in_words(self.after)} after {self.event}" if self.after else f"until {self.event}"


RETENTION = (
    RetentionRule(
        "expire",
        TEN_MINUTES,
        purge_unconfirmed.expire,
        "signup, message, partner_consent, tracking_consent, subscription, contact",
        "An unconfirmed sign-up with its emails, its contact if that is on no list, and personal data in its proof.",
        CONFIRM_TTL + purge_unconfirmed.PURGE_AFTER,
        "it was made, or its last new link",
    ),
    RetentionRule(
        "tests",
        HOUR,
        delete_test_contacts.forget_tests,
        "contact",
        "A test contact with its sign-ups, emails, activity and proof.",
        delete_test_contacts.KEEP_TESTS,
        "it was made",
    ),
    RetentionRule(
        "forget",
        TEN_MINUTES,
        outbox.forget_values,
        "message",
        "The values in an email, such as its links and its code. The address and the hash of the email stay.",
        outbox.KEEP_VALUES,
        "it was sent",
    ),
    RetentionRule(
        "enquiries",
        HOUR,
        enquiry.forget_enquiries,
        "enquiry",
        "A message from a contact or event form.",
        "messages_days",
        "it came in",
    ),
    RetentionRule(
        "held",
        TEN_MINUTES,
        held_back.fold_held,
        "held",
        f"A sign-up that was held back. Network and domain go earlier, after {held_back.KEEP_LOOSE} newer ones.",
        held_back.KEEP,
        "it was held back",
    ),
    RetentionRule(
        "counters",
        HOUR,
        governor.sweep_counters,
        "limit_counter",
        "A counter of a limit, by a keyed hash of the address or network.",
        timedelta(),
        "its window ends, 7 days at most",
    ),
    RetentionRule(
        "domains",
        HOUR,
        mail_domain.forget_domains,
        "mail_domain",
        "Whether an email domain accepts email.",
        mail_domain.TAKES_MAIL_FOR,
        f"it was looked up ({_in_words(mail_domain.TAKES_NONE_FOR)} if it accepts none)",
    ),
    RetentionRule(
        "till-sessions",
        HOUR,
        kiosk.forget_sessions,
        "till_session",
        "A session at a kiosk.",
        2 * kiosk.ENTRY_TTL,
        "it began",
    ),
    RetentionRule(
        "sign-in-waits",
        HOUR,
        sign_in_wait.forget_waits,
        "sign_in_wait",
        "Failed sign-ins of an operator.",
        sign_in_wait.REMEMBERED,
        "the first of them",
    ),
    RetentionRule(
        "challenges",
        HOUR,
        passkey.forget_challenges,
        "spent_challenge",
        "A passkey challenge that was answered.",
        passkey.KEEP,
        "it was answered",
    ),
    RetentionRule(
        "exports",
        timedelta(seconds=10),
        export_job.sweep,
        "exports/",
        "The file of an export. Who exported what stays in the audit trail.",
        finished_file.KEEP,
        "it was made",
    ),
    RetentionRule(
        "imports",
        timedelta(seconds=10),
        import_job.sweep,
        "imports/, import_mend",
        "A file that was uploaded to import, and what was typed to fix its rows.",
        import_job.KEEP,
        "it was uploaded",
    ),
    RetentionRule(
        "erasures",
        HOUR,
        erasure.forget_returned,
        "erasure",
        "A keyed hash of the address of somebody who was erased: it keeps imports from bringing them back.",
        timedelta(),
        "they confirm a new sign-up",
    ),
)


def chores() -> Iterable[Chore]:
    """The worker's chores that delete."""
    return (Chore(rule.chore, rule.every, rule.work) for rule in RETENTION)


def table() -> str:
    """The list as it stands in docs/retention.md."""
    head = "| what is deleted | kept | where |\n|---|---|---|\n"
    rows = (f"| {one.what} | {one.kept} | `{one.table}` |\n" for one in RETENTION)
    return head + "".join(rows)
