"""What we think of somebody: score, category, grade, segments, tags, notes, checks of answers, who else they may be."""

from flask_babel import gettext
from sqlalchemy import or_, select

from signup.audience.grade import GradeChange
from signup.audience.quality import Quality
from signup.audience.rule_sql import rule_condition
from signup.audience.segment import segments
from signup.contacts.contact import Contact
from signup.contacts.note import ContactNote
from signup.contacts.tag import ContactTag, Tag
from signup.duplicates.duplicate import Duplicate
from signup.fields.finding import Finding
from signup.ground.db import db
from signup.ground.i18n import _
from signup.privacy.access_sections.section import Person, Record, Section, fact, moment, record, word

CATEGORIES = {
    "visitor": _("Visitor"),
    "subscriber": _("Subscriber"),
    "prospect": _("Prospect"),
    "customer": _("Customer"),
    "past_customer": _("Past customer"),
}
VERDICTS = {
    "ok": _("Valid"),
    "unknown": _("Possible, but not in any directory"),
    "mismatch": _("Does not match other details"),
    "invalid": _("Not valid"),
}
BY = {"rule": _("By a rule"), "hand": _("By our staff")}


def _quality(person: Person) -> list[Record]:
    query = select(Quality).where(Quality.contact_id.in_(person.ids)).order_by(Quality.contact_id)
    return [
        record(
            fact("score", gettext("Points of 100"), one.score),
            fact("reach", gettext("Points for being reachable"), one.reach),
            fact("complete", gettext("Points for complete details"), one.complete),
            fact("fresh", gettext("Points for being up to date"), one.fresh),
            fact("consistent", gettext("Points for details that match"), one.consistent),
            fact("proven", gettext("Points for proof of consent"), one.proven),
            word("category", gettext("Category"), one.category, CATEGORIES),
            fact("grade", gettext("Grade"), one.grade),
            fact("by_hand", gettext("Graded by our staff"), one.is_graded_by_hand or None),
            moment("at", gettext("When"), one.at),
        )
        for one in db.session.scalars(query)
    ]


def _grades(person: Person) -> list[Record]:
    query = select(GradeChange).where(GradeChange.contact_id.in_(person.ids)).order_by(GradeChange.id)
    return [
        record(
            fact("grade", gettext("Grade"), one.grade or "–"),
            word("by", gettext("How"), one.by, BY),
            fact("reason", gettext("Reason"), one.reason),
            moment("at", gettext("When"), one.at),
        )
        for one in db.session.scalars(query)
    ]


def _segments(person: Person) -> list[Record]:
    """Segments are rules; whom they mean is asked now."""
    me = select(Contact.id).where(Contact.id == person.contact.id)
    met = [one for one in segments() if db.session.scalar(me.where(rule_condition(one.version.rule))) is not None]
    return [
        record(fact("segment", gettext("Group"), one.name), fact("about", gettext("Meaning"), one.description))
        for one in met
    ]


def _tags(person: Person) -> list[Record]:
    query = select(Tag.name, ContactTag.at).join(ContactTag, ContactTag.tag_id == Tag.id)
    query = query.where(ContactTag.contact_id.in_(person.ids)).order_by(ContactTag.id)
    return [
        record(fact("tag", gettext("Tag"), name), moment("at", gettext("Since"), at))
        for name, at in db.session.execute(query)
    ]


def _notes(person: Person) -> list[Record]:
    """What was written, and when; who wrote it is a person too."""
    query = select(ContactNote).where(ContactNote.contact_id.in_(person.ids)).order_by(ContactNote.id)
    return [
        record(
            fact("id", gettext("Reference"), str(one.uid)),
            fact("note", gettext("Note"), one.text),
            moment("at", gettext("Written on"), one.created_at),
            moment("edited_at", gettext("Changed on"), one.edited_at),
        )
        for one in db.session.scalars(query)
    ]


def _findings(person: Person) -> list[Record]:
    query = select(Finding).where(Finding.contact_id.in_(person.ids)).order_by(Finding.contact_id, Finding.key)
    return [
        record(
            fact("field", gettext("Question"), one.key, person.called(one.key)),
            fact("read_as", gettext("Read as"), one.value),
            word("verdict", gettext("Result"), one.verdict, VERDICTS),
            fact("region", gettext("Region"), one.region),
            fact("table", gettext("By the table"), one.version),
            moment("at", gettext("When"), one.at),
        )
        for one in db.session.scalars(query)
    ]


def _duplicates(person: Person) -> list[Record]:
    """The other contact may be somebody else: that there is one is told, not who."""
    mine = or_(Duplicate.first_id.in_(person.ids), Duplicate.second_id.in_(person.ids))
    return [
        record(
            fact("likeness", gettext("Likeness of 100"), one.score),
            fact("agrees", gettext("What agrees"), one.reasons),
            fact("state", gettext("Decision"), one.state),
            moment("found_at", gettext("Found on"), one.found_at),
            moment("decided_at", gettext("Decided on"), one.decided_at),
        )
        for one in db.session.scalars(select(Duplicate).where(mine).order_by(Duplicate.id))
    ]


SECTIONS = (
    Section("quality", _("How complete we think your record is"), ("quality",), _quality),
    Section("grades", _("Your grade"), ("grade_change",), _grades),
    Section("segments", _("Groups you are in"), ("segment", "segment_version"), _segments),
    Section("tags", _("Words our staff sort you by"), ("contact_tag", "tag"), _tags),
    Section("notes", _("Notes our staff wrote about you"), ("contact_note",), _notes),
    Section("checks", _("What our checks found in your answers"), ("finding",), _findings),
    Section("duplicates", _("Other contacts that may be you"), ("duplicate",), _duplicates),
)
