"""What is deleted by itself, and after how long. The worker's chores and the help are made from this list."""

import time
from collections.abc import Iterable
from datetime import timedelta

from signup.access import passkey, sign_in_wait
from signup.access.passkey import SpentChallenge
from signup.access.sign_in_wait import SignInWait
from signup.bounces.dmarc import dmarc_report
from signup.bounces.dmarc.dmarc_report import DmarcCount
from signup.consent import erasure
from signup.consent.erasure import Erasure
from signup.contacts import address_change
from signup.contacts.address_change import AddressChange
from signup.contacts.contact import Contact
from signup.enquiries import enquiry
from signup.enquiries.enquiry import Enquiry
from signup.exports import export_job, export_stream, finished_file
from signup.files import kept_files
from signup.ground.dialect import now
from signup.ground.i18n import _
from signup.ground.jobs import Chore
from signup.ground.keep_time import is_due, keep_time
from signup.imports import empty_import, import_job, uploaded_file
from signup.kiosks import kiosk
from signup.kiosks.kiosk import KioskSession
from signup.limits import governor
from signup.limits.database_store import LimitCounter
from signup.mailer import mail_domain, outbox
from signup.mailer.mail_domain import MailDomain
from signup.mailer.message import Message
from signup.privacy import (
    blank_audit,
    coarsen_visits,
    delete_test_contacts,
    erase_former,
    forget_activity,
    purge_unconfirmed,
)
from signup.privacy.retention_rule import RetentionRule, rows
from signup.signups import held_back
from signup.signups.held_back import Held
from signup.signups.signup import Signup

HOUR = timedelta(hours=1)
TEN_MINUTES = timedelta(minutes=10)
TEN_SECONDS = timedelta(seconds=10)

RETENTION = (
    RetentionRule(
        "expire",
        TEN_MINUTES,
        purge_unconfirmed.expire,
        lambda: rows(Signup, purge_unconfirmed.is_over()),
        "signup, message, partner_consent, tracking_consent, subscription, contact",
        _("An unconfirmed sign-up with its emails, its contact if that is on no list, and personal data in its proof."),
        "keep_unconfirmed_days",
        _("it was made, or its last new link"),
    ),
    RetentionRule(
        "tests",
        HOUR,
        delete_test_contacts.forget_tests,
        lambda: rows(Contact, Contact.id.in_(delete_test_contacts.old_tests())),
        "contact",
        _("A test contact with its sign-ups, emails, activity and proof."),
        delete_test_contacts.KEEP_TESTS,
        _("it was made"),
    ),
    RetentionRule(
        "visits",
        HOUR,
        coarsen_visits.coarsen_visits,
        coarsen_visits.count_visits,
        "signup, consent_event, operator_session",
        _("The end of an IP address and the details of a browser: 203.0.113.0 and Firefox 128 · Android stay."),
        coarsen_visits.SETTING,
        _("they came"),
        is_told=True,
    ),
    RetentionRule(
        "forget",
        TEN_MINUTES,
        outbox.forget_values,
        lambda: rows(Message, outbox.has_old_values()),
        "message",
        _("The values in an email, such as its links and its code. Its proof keeps the words, without working links."),
        "keep_mail_values_days",
        _("it was sent"),
    ),
    RetentionRule(
        "activity",
        HOUR,
        forget_activity.forget_activity,
        forget_activity.count_activity,
        "event, engagement_event",
        _("What somebody opened, clicked and downloaded. A code that was redeemed stays with its contact."),
        "keep_activity_months",
        _("it happened"),
        is_told=True,
    ),
    RetentionRule(
        "dmarc",
        HOUR,
        dmarc_report.forget_reports,
        lambda: rows(DmarcCount, is_due(DmarcCount.day, dmarc_report.SETTING)),
        "dmarc_report, dmarc_count",
        _("What receivers reported of the emails in our name: how many came from which server."),
        dmarc_report.SETTING,
        _("the day they were sent"),
    ),
    RetentionRule(
        "former",
        HOUR,
        erase_former.erase_former,
        erase_former.count_former,
        "contact",
        _("Somebody who has left every list, with everything about them: they are erased. Nobody on legal hold."),
        erase_former.SETTING,
        _("they left the last one"),
        is_told=True,
    ),
    RetentionRule(
        "audit",
        HOUR,
        blank_audit.blank_audit,
        blank_audit.ENTRIES.count,
        "audit_entry",
        _("Who did it, from where, to what and the details, in the audit trail. What was done and when stays."),
        "keep_audit_months",
        _("it was done"),
        is_told=True,
    ),
    RetentionRule(
        "enquiries",
        HOUR,
        enquiry.forget_enquiries,
        lambda: rows(Enquiry, is_due(Enquiry.created_at, "messages_days")),
        "enquiry",
        _("A message from a contact or event form."),
        "messages_days",
        _("it came in"),
    ),
    RetentionRule(
        "held",
        TEN_MINUTES,
        held_back.fold_held,
        lambda: rows(Held, Held.at < now(-held_back.KEEP)),
        "held",
        _(
            "A sign-up that was held back. Network and domain go earlier, after %(n)s newer ones.",
            n=held_back.KEEP_LOOSE,
        ),
        held_back.KEEP,
        _("it was held back"),
    ),
    RetentionRule(
        "counters",
        HOUR,
        governor.sweep_counters,
        lambda: rows(LimitCounter, LimitCounter.ends_at < int(time.time())),
        "limit_counter",
        _("A counter of a limit, by a keyed hash of the address or network."),
        timedelta(),
        _("its window ends, 7 days at most"),
    ),
    RetentionRule(
        "domains",
        HOUR,
        mail_domain.forget_domains,
        lambda: rows(MailDomain, MailDomain.until <= now()),
        "mail_domain",
        _("Whether an email domain accepts email."),
        mail_domain.TAKES_MAIL_FOR,
        _("it was looked up (6 hours if it accepts none)"),
    ),
    RetentionRule(
        "till-sessions",
        HOUR,
        kiosk.forget_sessions,
        lambda: rows(KioskSession, KioskSession.begun_at < now(-2 * kiosk.ENTRY_TTL)),
        "till_session",
        _("A session at a kiosk."),
        2 * kiosk.ENTRY_TTL,
        _("it began"),
    ),
    RetentionRule(
        "sign-in-waits",
        HOUR,
        sign_in_wait.forget_waits,
        lambda: rows(SignInWait, sign_in_wait.is_forgotten()),
        "sign_in_wait",
        _("Failed sign-ins of an operator."),
        sign_in_wait.REMEMBERED,
        _("the first of them"),
    ),
    RetentionRule(
        "challenges",
        HOUR,
        passkey.forget_challenges,
        lambda: rows(SpentChallenge, SpentChallenge.at < now(-passkey.KEEP)),
        "spent_challenge",
        _("A passkey challenge that was answered."),
        passkey.KEEP,
        _("it was answered"),
    ),
    RetentionRule(
        "exports",
        TEN_SECONDS,
        export_job.sweep,
        lambda: len(kept_files.older(export_stream.folder(), keep_time(finished_file.SETTING))),
        "exports/",
        _("The file of an export. Who exported what stays in the audit trail."),
        finished_file.SETTING,
        _("it was made"),
        by_hand=finished_file.remove_old,
    ),
    RetentionRule(
        "imports",
        TEN_SECONDS,
        import_job.sweep,
        lambda: len(kept_files.older(uploaded_file.folder(), keep_time("keep_import_files_days"))),
        "imports/, import_mend",
        _("A file that was uploaded to import, and what was typed to fix its rows."),
        "keep_import_files_days",
        _("it was uploaded"),
        by_hand=import_job.remove_old,
    ),
    RetentionRule(
        "import-rows",
        HOUR,
        empty_import.empty_imports,
        empty_import.count_rows,
        "import_row, import_mend, import_run",
        _("The rows of an import as they stood in the file, and what undoing it needs: it cannot be undone any more."),
        "keep_import_rows_months",
        _("it ended"),
        is_told=True,
    ),
    RetentionRule(
        "address-changes",
        HOUR,
        address_change.forget_changes,
        lambda: rows(AddressChange, address_change.is_over()),
        "address_change",
        _("A new address that somebody asked for and did not confirm."),
        address_change.KEEP,
        _("it was asked for"),
    ),
    RetentionRule(
        "erasures",
        HOUR,
        erasure.forget_returned,
        lambda: rows(Erasure, erasure.has_returned()),
        "erasure",
        _("A keyed hash of the address of somebody who was erased: it keeps imports from bringing them back."),
        timedelta(),
        _("they confirm a new sign-up"),
    ),
)


def chores() -> Iterable[Chore]:
    """The worker's chores that delete."""
    return (Chore(rule.chore, rule.every, rule.run) for rule in RETENTION)


def table() -> str:
    """The rows as they stand in docs/retention.md and, in another language, in its translation."""
    return "".join(f"| {one.what} | {one.kept} | `{one.table}` |\n" for one in RETENTION)
