"""A rule in words, and what may be asked: the subjects with their labels and options, as this database has them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask_babel import get_locale
from sqlalchemy import select

from signup.access import scope
from signup.admin.companies import company_words
from signup.admin.frame import door
from signup.admin.frame.words import STATES
from signup.admin.segments.event_words import EVENTS
from signup.audience import grade
from signup.audience.rule import OPS, Condition, ConditionGroup, SubjectKind, subject_of
from signup.checks import legal_form
from signup.checks.reference import regions
from signup.consent.consent_event import ConsentType
from signup.consent.subscription import SubscriptionState
from signup.contacts.tag import tags
from signup.counts.event import EventKind
from signup.evidence.event_words import CONSENT
from signup.fields.catalogue import nested
from signup.fields.field import active, out_of_use
from signup.fields.kinds.all_kinds import KINDS
from signup.fields.kinds.text import Text
from signup.fields.operator import WITH_DAY, WITH_VALUE, WITH_VALUES, Op
from signup.forms.form import Form
from signup.ground.db import db
from signup.ground.i18n import DEFAULT, LANGUAGES, _, pgettext

SUBJECTS = {
    "address": _("Email address"),
    "name": _("Name"),
    "language": _("Language"),
    "source": _("Source"),
    "standing": _("Status across all lists"),
    "created": pgettext("date", "Signed up"),
    "confirmed": pgettext("date", "Confirmed"),
    "last_event": _("Last activity"),
    "suppressed": _("On the suppression list"),
    "region": _("Region"),
    "quality": _("Quality, 0 to 100"),
    "category": _("Category"),
    "grade": _("Grade"),
    "tag": _("Tags"),
}
COMPANY_SUBJECTS = {
    "company": _("Company name"),
    "company_function": _("Job function"),
    "company_size": _("Number of employees"),
    "company_age": _("Company age"),
    "company_region": _("Company region"),
    "company_country": _("Company country"),
    "company_activity": _("Activity (NACE code and everything below it)"),
    "company_form": _("Legal form"),
    "company_domain": _("Company website"),
}
MATCHES = {"all": _("all of these apply"), "any": _("any of these applies"), "none": _("none of these applies")}
OPERATORS = {
    Op.IS: pgettext("rule", "is"),
    Op.IS_NOT: pgettext("rule", "is not"),
    Op.CONTAINS: pgettext("rule", "contains"),
    Op.CONTAINS_NOT: pgettext("rule", "does not contain"),
    Op.BEGINS: pgettext("rule", "begins with"),
    Op.ENDS: pgettext("rule", "ends with"),
    Op.ANY_OF: pgettext("rule", "is any of"),
    Op.ALL_OF: pgettext("rule", "has all of"),
    Op.NONE_OF: pgettext("rule", "is none of"),
    Op.YES: pgettext("rule", "yes"),
    Op.NO: pgettext("rule", "no"),
    Op.AT_LEAST: pgettext("rule", "is at least"),
    Op.AT_MOST: pgettext("rule", "is at most"),
    Op.SINCE: pgettext("rule", "on or after"),
    Op.BEFORE: pgettext("rule", "before"),
    Op.IN_LAST: pgettext("rule", "in the last"),
    Op.NOT_IN_LAST: pgettext("rule", "not in the last"),
    Op.HAPPENED: pgettext("rule", "happened"),
    Op.NEVER: pgettext("rule", "did not happen"),
    Op.FILLED: pgettext("rule", "is known"),
    Op.EMPTY: pgettext("rule", "is not known"),
}
ON_LIST = {Op.FILLED: pgettext("rule", "was ever on it"), Op.EMPTY: pgettext("rule", "was never on it")}
LIST_STATES = [(state.value, STATES[state]) for state in SubscriptionState]
MASKED = "•••"


class SubjectInWords(NamedTuple):
    """One thing that a condition may ask about."""

    subject: str
    label: Any
    group: Any
    options: list[tuple[str, Any]]

    @property
    def kind(self) -> str:
        return subject_of(self.subject).kind

    @property
    def operand(self) -> str:
        """What is typed or chosen beside the operator: `value`, `day`, `values`, `times`, or nothing."""
        ops = set(OPS[self.kind])
        kinds = {"value": WITH_VALUE, "day": WITH_DAY, "values": WITH_VALUES, "times": {Op.HAPPENED}}
        return next((name for name, some in kinds.items() if ops & some), "")

    @property
    def typed(self) -> Mapping[str, str]:
        """The attributes of the input for a value, by their names in HTML."""
        return KINDS[self.kind].typed if self.kind in KINDS else {}

    @property
    def operators(self) -> list[tuple[str, Any]]:
        """The operators to choose from, with their words."""
        more = ON_LIST if self.kind == SubjectKind.SUBSCRIPTION else {}
        return [(op.value, more.get(op, OPERATORS[op])) for op in OPS[self.kind]]


def catalogue() -> dict[str, SubjectInWords]:
    """Everything that may be asked, by subject, in the order it is offered."""
    options: dict[str, list[tuple[str, Any]]] = {"language": list(LANGUAGES.items()), "standing": LIST_STATES}
    options |= _company_options()
    options["tag"] = [(str(one.id), one.name) for one in tags()] if door.may("contacts:unmasked") else []
    found = [SubjectInWords(name, label, _("Contact"), options.get(name, [])) for name, label in SUBJECTS.items()]
    found += [
        SubjectInWords(name, label, _("Company"), options.get(name, [])) for name, label in COMPANY_SUBJECTS.items()
    ]
    found += _answers()
    found += [SubjectInWords(f"list:{row.id}", row.name, _("Lists"), LIST_STATES) for row in scope.mailing_lists()]
    found += [SubjectInWords(f"event:{kind}", EVENTS.get(kind, kind), _("Activity"), []) for kind in EventKind]
    found += [SubjectInWords(f"consent:{kind}", CONSENT.get(kind, kind), _("Consent"), []) for kind in ConsentType]
    found = [one for one in found if one.subject != "tag" or one.options]
    return {one.subject: one for one in found if scope.shows_subject(one.subject)}


def _company_options() -> dict[str, list[tuple[str, Any]]]:
    places = [(code, f"{code[:2]} {name}") for code, name in regions().items()]
    forms = [(one.code, f"{one.country}: {one.said_in('en')}") for one in legal_form.forms_of()]
    return {
        "region": places,
        "category": list(company_words.CATEGORIES.items()),
        "grade": [(step.grade, step.grade) for step in grade.scheme()],
        "company_function": list(company_words.FUNCTIONS.items()),
        "company_size": list(company_words.SIZES.items()),
        "company_age": list(company_words.AGES.items()),
        "company_region": places,
        "company_country": list(company_words.COUNTRIES.items()),
        "company_form": forms,
    }


def _answers() -> list[SubjectInWords]:
    """The fields of the contact database, and the questions of all forms that are none; two that ask the same under one
    key share it, with the options of both.
    """
    language = str(get_locale() or DEFAULT)
    found: dict[str, SubjectInWords] = {}
    for one in active():
        subject = f"answer:{KINDS[one.kind].compared_as or one.kind}:{one.key}"
        options = [(entry.value, "\u2003" * depth + entry.label) for entry, depth in nested(one.entries)]
        found[subject] = SubjectInWords(subject, one.label_in(language), _("Fields"), list(options))
    gone = out_of_use()
    written = select(Form).where(Form.version_id.is_not(None), scope.only(Form.list_id)).order_by(Form.id)
    for form in db.session.scalars(written):
        for field in form.version.definition.fields:
            if field.key in gone:
                continue
            subject = f"answer:{KINDS[field.type].compared_as or field.type}:{field.key}"
            known = dict(found[subject].options) if subject in found else {}
            known |= {option.value: option.label for option in field.shown_options if option.value not in known}
            said = found.get(subject) or SubjectInWords(subject, field.label, _("Answers"), [])
            found[subject] = said._replace(options=list(known.items()))
    return list(found.values())


def asked_about(subject: str, known: dict[str, SubjectInWords]) -> SubjectInWords:
    """What `catalogue` says of a subject, or its bare name when it is gone from there: a rule outlives a question."""
    return known.get(subject) or SubjectInWords(subject, subject_of(subject).name or subject, _("Other"), [])


def in_words(condition: Condition, known: dict[str, SubjectInWords], *, masked: bool) -> tuple[str, str]:
    """A condition as what it asks about and what it asks; `masked` for readers who may not see addresses."""
    about, op = asked_about(condition.subject, known), condition.op
    words = [str(dict(about.operators)[op.value])]
    labels = dict(about.options)
    if op in WITH_VALUES:
        words.append(", ".join(str(labels.get(value, value)) for value in condition.values))
    elif op in {Op.IN_LAST, Op.NOT_IN_LAST}:
        n = condition.days
        words = [str(_("in the last %(n)s days", n=n) if op == Op.IN_LAST else _("not in the last %(n)s days", n=n))]
    elif op in {Op.HAPPENED, Op.NEVER}:
        if condition.times > 1:
            words.append(str(_("at least %(n)s times", n=condition.times)))
        if condition.days:
            words.append(str(_("in the last %(n)s days", n=condition.days)))
    elif condition.value and op not in {Op.FILLED, Op.EMPTY, Op.YES, Op.NO}:
        is_hidden = masked and about.kind == Text.name
        words.append(f"“{MASKED if is_hidden else condition.value}”" if about.kind == Text.name else condition.value)
    return str(about.label), " ".join(words)


def lines(rule: ConditionGroup, known: dict[str, SubjectInWords], *, masked: bool) -> dict[str, Any]:
    """The tree with each condition in words, for the page."""
    return {
        "match": MATCHES[rule.match],
        "rules": [
            lines(node, known, masked=masked)
            if isinstance(node, ConditionGroup)
            else in_words(node, known, masked=masked)
            for node in rule.rules
        ],
    }
