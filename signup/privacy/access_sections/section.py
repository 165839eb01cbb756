"""What an access file is made of: sections of records of facts. A fact is read by programs and by people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import format_datetime, gettext
from sqlalchemy import select

from signup.consent.mailing_list import MailingList
from signup.contacts.contact import Contact
from signup.contacts.value_change import LANGUAGE, NAME, TAG
from signup.duplicates.merge import parts_of
from signup.fields.field import fields
from signup.forms.form import FormVersion
from signup.ground.db import db
from signup.signups.signup import Signup

Plain = str | int | bool | list[Any] | dict[str, Any] | None
"""What JSON can hold."""
TIME = "d MMM y, HH:mm"
NOT_ON_THE_PAGE = ""
"""In place of words: a document that only programs read."""


@dataclass(frozen=True)
class Person:
    """Whose file it is, with the names that its sections speak of."""

    contact: Contact
    ids: tuple[int, ...]
    """Of the contact, and of those that were merged into it."""
    lists: Mapping[int, str]
    labels: Mapping[str, str]
    """What a value is called, by its field."""

    @classmethod
    def of(cls, contact: Contact) -> "Person":
        """The person behind a contact, named in the language of this request or block."""
        ids = tuple(parts_of(contact.id))
        lists = {id_: name for id_, name in db.session.execute(select(MailingList.id, MailingList.name))}  # noqa: C416  # a row is no pair to mypy
        return cls(contact, ids, lists, _labels(contact.language, ids))

    def list_of(self, list_id: int | None) -> "Fact":
        return fact("list", gettext("List"), self.lists.get(list_id or 0))

    def values(self, key: str, label: str, values: Mapping[str, Any] | None) -> "Fact":
        """Values by field, called as they were asked."""
        known = {name.removeprefix("@"): value for name, value in (values or {}).items() if value not in (None, "", [])}
        pairs = tuple((self.called(name), shown(value)) for name, value in (values or {}).items() if value is not None)
        return Fact(key, label, known, pairs)

    def called(self, field: str) -> str:
        return self.labels.get(field, field.removeprefix("@"))


@dataclass(frozen=True)
class Fact:
    """One thing that is known: its name and value for a program, its label and words for a person."""

    key: str
    label: str
    value: Plain
    words: str | tuple[tuple[str, str], ...]
    """On the page: a text, or names with their texts."""


Record = list[Fact]


@dataclass(frozen=True)
class Section:
    """One kind of data. Its rows come from `tables`; a test asks that each table is in a section or is let out by name.

    `find` gives the records of a person in the order in which they are shown.
    """

    key: str
    title: Any
    tables: tuple[str, ...]
    find: Callable[[Person], list[Record]]


def fact(key: str, label: str, value: Plain, words: str | None = None) -> Fact:
    return Fact(key, label, value, shown(value) if words is None else words)


def moment(key: str, label: str, at: datetime | None) -> Fact:
    """A time: ISO 8601 for programs, in UTC for both."""
    if at is None:
        return Fact(key, label, None, "")
    words = f"{format_datetime(at, TIME, rebase=False)} UTC"
    return Fact(key, label, at.isoformat(timespec="milliseconds"), words)


def word(key: str, label: str, code: str, words: Mapping[str, Any]) -> Fact:
    """A word of ours, such as a state: programs read the word itself."""
    return Fact(key, label, code, str(words.get(code, code)))


def record(*facts: Fact) -> Record:
    """The facts that say something."""
    return [one for one in facts if one.value not in (None, "", [], {})]


def shown(value: Any) -> str:
    """A value as a person reads it."""
    if isinstance(value, bool):
        return str(gettext("Yes") if value else gettext("No"))
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    if isinstance(value, dict):
        return "; ".join(f"{name}: {shown(one)}" for name, one in value.items())
    return "" if value is None else str(value)


def _labels(language: str, ids: tuple[int, ...]) -> dict[str, str]:
    """As a form asked it of this person, else as the contact database calls it."""
    found = {NAME: gettext("Name"), LANGUAGE: gettext("Language"), TAG: gettext("Tag")}
    found |= {one.key: one.label_in(language) for one in fields()}
    versions = select(FormVersion).where(
        FormVersion.id.in_(select(Signup.form_version_id).where(Signup.contact_id.in_(ids)))
    )
    for version in db.session.scalars(versions.order_by(FormVersion.id)):
        found |= {question.key: question.label for question in version.definition.said_in(language).fields}
    return found
