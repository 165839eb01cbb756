"""A form and its immutable versions: fields, wording, origins, opt-in, what comes after."""

import secrets
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator
from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from signup.checks.check import COUNTRY, checks_by_key
from signup.consent import snapshot
from signup.consent.mailing_list import MailingList
from signup.forms.looks.appearance import Appearance
from signup.forms.question import Line, Question
from signup.forms.shipped_words import SHIPPED_WORDS, WordName
from signup.forms.texts import FieldTexts, FormTexts, Language
from signup.ground.db import Base, db
from signup.ground.dialect import now
from signup.ground.driver_sql import to_json
from signup.ground.errors import InvalidAnswers, NotFound
from signup.ground.i18n import _, speaking
from signup.ground.urls import origin_of, settings
from signup.incentives.incentive import Incentive
from signup.mailer import own_text
from signup.mailer.own_text import MailText, OwnKind

ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford: nothing to mistake for another when read aloud
ID_LENGTH = 12
MAX_FIELDS = 40
MAX_PARTNERS = 10
MAX_TITLE = 120
FormKind = Literal["signup", "incentive", "contact", "event", "loyalty"]
TAKES_MESSAGES = frozenset({"contact", "event"})
"""Kinds whose purpose is not the list: they are sent without it, and its box is optional (GDPR art. 7(4))."""


class Definition(BaseModel):
    """Everything a form version says. It is stored as it stands and never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: FormKind = "signup"
    language: Language = "en"
    country: Annotated[str, StringConstraints(pattern=r"^([A-Z]{2})?$")] = ""
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TITLE)]
    intro: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    button: Line = ""
    fields: Annotated[tuple[Question, ...], Field(max_length=MAX_FIELDS)] = ()
    wording: Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=2000)]
    allowed_origins: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    opt_in: Literal["double", "single"] = "double"
    single_reason: Line = ""
    lead_magnet_id: int | None = None
    thanks_text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    thanks_url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    confirmed_text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    confirmed_url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    appearance: Appearance = Appearance()
    refuses_disposable: bool = True
    refuses_roles: bool = False
    reminders: Annotated[int, Field(ge=0, le=2)] = 1
    partner_ids: Annotated[tuple[int, ...], Field(max_length=MAX_PARTNERS)] = ()
    asks_tracking: bool = False
    """Whether it offers the boxes for recording opens and clicks (`consent.tracking`)."""
    translations: dict[Language, FormTexts] = {}
    words: dict[Language, dict[WordName, Line]] = {}
    mails: dict[Language, dict[OwnKind, MailText]] = {}

    @field_validator("allowed_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not origin or origin_of(origin) != origin.lower():
                raise ValueError(f"{origin[:80]!r} is no origin: write https://www.example.org, without a path")
        return tuple(dict.fromkeys(origin.lower() for origin in value))

    @model_validator(mode="after")
    def _check(self) -> "Definition":
        if len({field.key for field in self.fields}) < len(self.fields):
            raise ValueError("two fields have the same key")
        if self.opt_in == "single" and not self.single_reason:
            raise ValueError("single opt-in needs a reason: it is part of the proof")
        texts = self.translations.values()
        urls = {
            self.thanks_url,
            self.confirmed_url,
            *(url for one in texts for url in (one.thanks_url, one.confirmed_url)),
        }
        if any(urlsplit(url).scheme not in {"https", "http"} for url in urls - {""}):
            raise ValueError("the thank-you address must start with https://")
        if self.language in self.translations:
            raise ValueError("the main language is no translation")
        for language, mails in self.mails.items():
            for kind, own in mails.items():
                for part, problem in own_text.problems(kind, own, has_file=bool(self.lead_magnet_id)).items():
                    raise ValueError(f"{kind} mail, {language}, {part}: {problem}")
        return self

    @property
    def takes_messages(self) -> bool:
        """Whether what is sent is a message or a registration for the form's owner, with or without the list."""
        return self.kind in TAKES_MESSAGES

    @property
    def offers_tracking(self) -> bool:
        """Whether its visitors see the boxes: what is sent without the list has none of its own."""
        return self.asks_tracking and not self.takes_messages

    @property
    def arrived(self) -> str:
        """What its visitors read when their message or registration has arrived. The language must be set."""
        return self.say("registration_sent" if self.kind == "event" else "message_sent")

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages the form is offered in, its main one first."""
        return (self.language, *self.translations)

    def said_in(self, language: str) -> "Definition":
        """The form in a language it is offered in, the main language's texts where a translation is missing."""
        texts = next((texts for offered, texts in self.translations.items() if offered == language), None)
        if texts is None:
            return self
        names = tuple(FormTexts.model_fields.keys() - {"fields"})
        said = {name: getattr(texts, name) or getattr(self, name) for name in names}
        fields = tuple(texts.fields.get(field.key, FieldTexts()).over(field) for field in self.fields)
        return self.model_copy(update={**said, "fields": fields, "language": language})

    def say(self, name: str) -> str:
        """A shipped text as this form says it in its language. The language must be set: it is translated here."""
        return self.words.get(self.language, {}).get(name) or str(SHIPPED_WORDS[name])

    def note(self, *, with_partners: bool) -> str:
        """What stands below the button: how many mails come, and where the address goes."""
        if self.takes_messages:
            days = settings().messages_days
            said = _("We use what you send to reply to you, and delete it within %(n)s days.", n=days)
            return self.words.get(self.language, {}).get("note") or str(said)
        name: WordName = "note" if self.opt_in == "double" else "note_single"
        if own := self.words.get(self.language, {}).get(name):
            return own
        goes = _("We never publish or share your address.")
        if with_partners:
            goes = _("We share your address only with the partners you tick.")
        comes = _("We’ll send one email to confirm your address.")
        if self.reminders == 1:
            comes = _("We’ll send one email to confirm your address, and at most one reminder.")
        elif self.reminders:
            comes = _("We’ll send one email to confirm your address, and at most two reminders.")
        return f"{comes} {goes}" if name == "note" else str(goes)

    def mail(self, kind: OwnKind) -> MailText | None:
        """A mail's text in this language: the operator's own, or that for a form about something else than the list;
        None: as shipped for every form.
        """
        own = self.mails.get(self.language, {}).get(kind)
        if kind == "welcome" or not self.takes_messages or (own and own.body):
            return own
        with speaking(self.language):
            beside = own_text.starter(kind, self.kind)
        return beside.model_copy(update={"subject": own.subject}) if own and own.subject else beside

    @property
    def first_fields(self) -> tuple[Question, ...]:
        """What is asked before the sign-up is sent."""
        return tuple(field for field in self.fields if not field.is_later)

    @property
    def later_fields(self) -> tuple[Question, ...]:
        """What is asked once the address is confirmed."""
        return tuple(field for field in self.fields if field.is_later)

    @property
    def checks(self) -> dict[str, str]:
        """The offline check of each answer, by its key."""
        return checks_by_key((field.key, field.check_name) for field in self.fields)

    def read_answers(self, given: dict[str, Any], *, later: bool = False) -> dict[str, Any]:
        """Check answers against the fields. Raises `InvalidAnswers` with one message a field, unknown ones too.

        Who answers a later question at once is heard; who is asked later is asked nothing of the rest again.
        """
        asked = self.later_fields if later else self.fields
        known = {field.key for field in asked}
        problems = {key[:40]: str(_("This form has no such field.")) for key in given if key not in known}
        answers = {}
        for field in asked:
            try:
                answer = field.read(given.get(field.key))
            except ValueError as error:
                problems[field.key] = str(error)
                continue
            if answer is None and field.required and field.is_later == later:
                problems[field.key] = str(_("Fill in this field."))
            elif answer is not None:
                answers[field.key] = answer
        if problems:
            raise InvalidAnswers(problems)
        if self.country and COUNTRY not in answers and answers.keys() & self.checks.keys():
            answers[COUNTRY] = self.country  # a number without its country is no number
        return answers


def new_public_id() -> str:
    """A short random id that survives being typed from paper: 60 bits."""
    return "".join(secrets.choice(ID_ALPHABET) for _i in range(ID_LENGTH))


class Form(Base):
    """A form keeps its public id for life; what it shows is its current version."""

    __tablename__ = "form"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    name: Mapped[str] = mapped_column(String(120), comment="what operators call it; the source's name in reports")
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"), index=True)
    version_id: Mapped[int | None] = mapped_column(comment="the current version; no foreign key, it would be a circle")
    messages_to: Mapped[str] = mapped_column(
        String(254), default="", server_default="", comment="who gets what visitors write; empty: the list's sender"
    )
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    list: Mapped[MailingList] = relationship(lazy="joined", innerjoin=True)
    version: Mapped["FormVersion"] = relationship(
        lazy="joined", primaryjoin=lambda: foreign(Form.version_id) == FormVersion.id, viewonly=True
    )

    def publish(self, definition: Definition, operator_id: int | None = None) -> "FormVersion":
        """Make `definition` the current version; the same one again changes nothing. Needs an open transaction."""
        if self.version_id is not None and self.version.definition == definition:
            return self.version
        if self.id is not None:  # two at once: the second waits, and counts on from the first; sign-ups go on
            db.session.execute(select(Form.id).where(Form.id == self.id).with_for_update(key_share=True))
        db.session.add(self)
        db.session.flush()
        latest = db.session.scalar(
            select(FormVersion.number)
            .where(FormVersion.form_id == self.id)
            .order_by(FormVersion.number.desc())
            .limit(1)
        )
        content = definition.model_dump(mode="json")
        for language in definition.translations:
            snapshot.keep(snapshot.SnapshotKind.WORDING, definition.said_in(language).wording)
        version = FormVersion(
            form_id=self.id,
            number=(latest or 0) + 1,
            content=content,
            hash=snapshot.keep(snapshot.SnapshotKind.FORM, to_json(content)),
            wording_hash=snapshot.keep(snapshot.SnapshotKind.WORDING, definition.wording),
            operator_id=operator_id,
        )
        db.session.add(version)
        db.session.flush()
        self.version_id = version.id
        db.session.flush()
        db.session.expire(self, ["version"])
        return version


class FormVersion(Base):
    """What a form showed from one moment to the next. Never changed, never deleted."""

    __tablename__ = "form_version"
    __table_args__ = (UniqueConstraint("form_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    form_id: Mapped[int] = mapped_column(ForeignKey("form.id"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]]
    hash: Mapped[str] = mapped_column(ForeignKey("snapshot.hash"))
    wording_hash: Mapped[str] = mapped_column(ForeignKey("snapshot.hash"))
    operator_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now())

    @property
    def definition(self) -> Definition:
        return _parsed(to_json(self.content))

    @property
    def lead_magnet(self) -> Incentive | None:
        """What its sign-ups were promised, also when it was retired since."""
        magnet_id = self.definition.lead_magnet_id
        return db.session.get(Incentive, magnet_id) if magnet_id else None


@lru_cache(maxsize=512)
def _parsed(content: str) -> Definition:
    return Definition.model_validate_json(content)


def find_form(public_id: str) -> Form:
    """The form with this public id. Raises `NotFound`; an archived form is found, its door is closed by the views."""
    found = (
        db.session.scalar(select(Form).where(Form.public_id == public_id)) if len(public_id) <= ID_LENGTH + 4 else None
    )
    if found is None or found.version is None:
        raise NotFound(f"form {public_id[:20]!r}")
    return found
