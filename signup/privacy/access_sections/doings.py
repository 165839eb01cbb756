"""What somebody did and got: sign-ups, messages, emails, codes, activity, exports of their lists."""

from flask_babel import gettext
from sqlalchemy import func, select

from signup.bounces.returned_mail import ReturnedMail
from signup.campaigns.campaign import Campaign
from signup.consent.snapshot import Snapshot
from signup.consent.subscription import Subscription
from signup.counts.engagement_event import EngagementEvent
from signup.counts.event import Event
from signup.enquiries import enquiry
from signup.exports.export_run import ExportRun
from signup.forms.form import Form, FormVersion
from signup.ground.db import db
from signup.ground.i18n import _, pgettext
from signup.incentives.discount_code import DiscountCode
from signup.incentives.incentive import Incentive
from signup.kiosks.kiosk import Kiosk
from signup.kiosks.kiosk_entry import KioskEntry
from signup.mailer.compose import subject_of
from signup.mailer.message import Message
from signup.privacy.access_sections.consents import METHODS
from signup.privacy.access_sections.section import Person, Record, Section, fact, moment, record, word
from signup.signups.signup import Signup

SIGNUP_STATES = {
    "pending": _("Not confirmed yet"),
    "confirmed": pgettext("event", "Confirmed"),
    "repeated": _("Was on the list already"),
    "disowned": _("Said it wasn’t them"),
}
MAILS = {
    "confirm": _("Confirmation email"),
    "reminder": _("Reminder"),
    "welcome": _("Welcome email"),
    "already": _("“Already on the list” email"),
    "magnet": _("New download link"),
    "copy": _("Link to your data"),
    "campaign": _("Email to the list"),
    "automation": _("Email to the list"),
}
MAIL_STATES = {
    "ready": _("Waiting"),
    "claimed": _("Waiting"),
    "retry": _("Waiting"),
    "held": _("Waiting"),
    "handed": _("Being sent"),
    "sent": _("Sent"),
    "failed": _("Could not be sent"),
    "unclear": _("Perhaps sent"),
    "cancelled": _("Not sent"),
}
ACTIVITIES = {
    "sent": _("Email sent"),
    "page_viewed": _("Opened the confirmation page"),
    "delivered": _("Received what was promised"),
    "downloaded": _("Downloaded it"),
    "redeemed": _("Redeemed the discount code"),
    "exported": _("Was included in an export"),
}


REACTIONS = {"open": _("You opened it"), "click": _("You clicked a link")}
VERDICTS = {"person": _("you"), "proxy": _("your mailbox provider"), "machine": _("a program")}


def _signups(person: Person) -> list[Record]:
    # A kiosk's columns, not its row: with it would come its form, and without one no sign-up.
    at_kiosk = (Kiosk.name, Kiosk.shop, KioskEntry.taken_at, KioskEntry.received_at)
    query = select(Signup, Form.name, FormVersion.number, *at_kiosk)
    query = query.join(Form, Form.id == Signup.form_id).join(FormVersion, FormVersion.id == Signup.form_version_id)
    query = query.outerjoin(KioskEntry, KioskEntry.signup_id == Signup.id)
    query = query.outerjoin(Kiosk, Kiosk.id == KioskEntry.till_id)
    query = query.where(Signup.contact_id.in_(person.ids)).order_by(Signup.id)
    return [
        [
            *_signup(signup, person),
            *record(fact("form", gettext("Form"), form), fact("form_version", gettext("Version of the form"), number)),
            *record(
                fact("kiosk", gettext("Kiosk"), kiosk),
                fact("shop", gettext("Shop"), shop),
                moment("taken_at", gettext("Entered, by the kiosk’s clock"), taken_at),
                moment("received_at", gettext("Received on"), received_at),
            ),
        ]
        for signup, form, number, kiosk, shop, taken_at, received_at in db.session.execute(query)
    ]


def _signup(one: Signup, person: Person) -> Record:
    return record(
        fact("id", gettext("Reference"), str(one.uid)),
        moment("at", gettext("When"), one.created_at),
        person.list_of(one.list_id),
        word("state", gettext("Status"), one.state, SIGNUP_STATES),
        person.values("answers", gettext("Your answers"), one.answers),
        fact("language", gettext("Language"), one.language),
        fact("source", gettext("Came from"), one.source),
        fact("website", gettext("Website"), one.site),
        fact("placement", gettext("Placement"), one.placement),
        word("how", gettext("How"), one.method, METHODS),
        fact("mailbox_provider", gettext("Mailbox provider"), one.provider),
        fact("ip", gettext("IP address"), one.ip),
        fact("browser", gettext("Browser"), one.agent),
        moment("expires_at", gettext("Link valid until"), one.expires_at),
        moment("viewed_at", gettext("Confirmation page opened"), one.viewed_at),
        fact("reminders", gettext("Reminders"), one.reminded or None),
        fact("reminder_test", gettext("Group in the test of reminders"), one.trial),
        moment("confirmed_at", gettext("Confirmed on"), one.confirmed_at),
        fact("downloads", gettext("Downloads"), one.downloads or None),
        moment("download_until", gettext("Download link valid until"), one.download_until),
        moment("download_ended_at", gettext("Download link ended on"), one.revoked_at),
    )


def _messages(person: Person) -> list[Record]:
    """Only what came with a sign-up that they confirmed was surely theirs: anybody can type an address."""
    return [
        record(
            fact("form", gettext("Form"), one.form.name),
            moment("at", gettext("When"), one.created_at),
            fact("address", gettext("Email address"), one.address),
            fact("language", gettext("Language"), one.language),
            fact("said", gettext("What you wrote"), dict(one.said)),
            fact("source", gettext("Came from"), one.source),
            fact("held_back_by", gettext("Held back by the rule"), one.held_by),
            moment("read_at", gettext("Read on"), one.read_at),
        )
        for id_ in person.ids
        for one in enquiry.of_contact(id_)
    ]


def _mails(person: Person) -> list[Record]:
    query = select(Message, Snapshot.content).join(Snapshot, Snapshot.hash == Message.template_hash)
    query = query.where(Message.contact_id.in_(person.ids)).order_by(Message.id)
    return [
        record(
            word("kind", gettext("Email"), one.kind, MAILS),
            fact("subject", gettext("Subject"), subject_of(template, one.data or {})),
            fact("to", gettext("Sent to"), one.recipient),
            person.list_of(one.list_id),
            word("state", gettext("Status"), one.state, MAIL_STATES),
            moment("at", gettext("Written on"), one.created_at),
            moment("sent_at", gettext("Sent on"), one.sent_at),
            fact("mail_server", gettext("Answer of the mail server"), one.reply),
            # Its links would open pages of this person: the file may lie about.
            fact("values_kept", gettext("Its links and its code are still stored"), (one.data is not None) or None),
        )
        for one, template in db.session.execute(query)
    ]


def _activity(person: Person) -> list[Record]:
    query = select(Event).where(Event.contact_id.in_(person.ids)).order_by(Event.at, Event.id)
    return [
        record(
            word("what", gettext("What happened"), one.kind, ACTIVITIES),
            moment("at", gettext("When"), one.at),
            person.list_of(one.list_id),
            fact("detail", gettext("Details"), one.detail),
        )
        for one in db.session.scalars(query)
    ]


def _reactions(person: Person) -> list[Record]:
    query = select(EngagementEvent, Campaign.name).outerjoin(Campaign, Campaign.id == EngagementEvent.campaign_id)
    query = query.where(EngagementEvent.contact_id.in_(person.ids)).order_by(EngagementEvent.at, EngagementEvent.id)
    return [
        record(
            word("what", gettext("What happened"), one.kind, REACTIONS),
            moment("at", gettext("When"), one.at),
            person.list_of(one.list_id),
            fact("letter", gettext("Letter"), name),
            fact("link", gettext("Number of the link in the letter"), one.link_number or None),
            fact("browser", gettext("Browser"), one.agent),
            word("who", gettext("Taken for"), one.verdict, VERDICTS),
        )
        for one, name in db.session.execute(query)
    ]


def _codes(person: Person) -> list[Record]:
    query = select(DiscountCode, Incentive.name).join(Incentive, Incentive.id == DiscountCode.lead_magnet_id)
    query = query.where(DiscountCode.contact_id.in_(person.ids)).order_by(DiscountCode.id)
    return [
        record(
            fact("code", gettext("Code"), one.code),
            fact("for", gettext("What it is for"), name),
            moment("given", gettext("Given on"), one.given_at),
            moment("redeemed", gettext("Redeemed on"), one.redeemed_at),
            moment("expires", gettext("Valid until"), one.expires_at),
        )
        for one, name in db.session.execute(query)
    ]


def _exports(person: Person) -> list[Record]:
    """Files are made of lists. Which people were in one is not kept, so all since somebody came to a list are told."""
    query = select(ExportRun.list_id, func.count(), func.max(ExportRun.created_at))
    query = query.join(Subscription, Subscription.list_id == ExportRun.list_id)
    query = query.where(Subscription.contact_id.in_(person.ids), ExportRun.created_at >= Subscription.created_at)
    query = query.where(ExportRun.state == "done").group_by(ExportRun.list_id).order_by(ExportRun.list_id)
    return [
        record(
            person.list_of(list_id),
            fact("files", gettext("Files made of this list, which you may be in"), files),
            moment("last_at", gettext("The last of them"), last),
        )
        for list_id, files, last in db.session.execute(query)
    ]


def _returned(person: Person) -> list[Record]:
    query = select(ReturnedMail).where(ReturnedMail.contact_id.in_(person.ids)).order_by(ReturnedMail.id)
    return [
        record(
            moment("at", gettext("When"), one.received_at),
            fact("class", gettext("Kind"), one.bounce_class),
            fact("reason", gettext("Reason"), one.reason),
            fact("status", gettext("Status"), one.status),
        )
        for one in db.session.scalars(query)
    ]


SECTIONS = (
    Section("signups", _("Your sign-ups"), ("signup", "form", "form_version", "kiosk_entry", "till"), _signups),
    Section("messages", _("Messages you sent"), ("enquiry",), _messages),
    Section("mails", _("Emails to you"), ("message",), _mails),
    Section("returned", _("Emails to you that came back"), ("returned_mail",), _returned),
    Section("activity", _("What you did"), ("event",), _activity),
    Section("reactions", _("What you did with our letters"), ("engagement_event",), _reactions),
    Section("codes", _("Your discount codes"), ("discount_code", "lead_magnet"), _codes),
    Section("exports", _("Files made of your lists"), ("export_run",), _exports),
)
