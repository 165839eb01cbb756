"""A form and its immutable versions: fields, wording, origins, opt-in, what comes after."""

import secrets
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator
from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from signup.consent import snapshot
from signup.consent.mailing_list import MailingList
from signup.db import Base, db, now, to_json
from signup.errors import InvalidAnswers, NotFound
from signup.forms.field import FormField, Line
from signup.forms.lead_magnet import LeadMagnet
from signup.i18n import _
from signup.urls import origin_of

ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford: nothing to mistake for another when read aloud
ID_LENGTH = 12
MAX_FIELDS = 40


class Definition(BaseModel):
    """Everything a form version says. It is stored as it stands and never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["signup", "contact", "loyalty"] = "signup"
    language: Literal["en", "fr"] = "en"
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    intro: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    button: Line = ""
    fields: Annotated[tuple[FormField, ...], Field(max_length=MAX_FIELDS)] = ()
    wording: Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=2000)]
    allowed_origins: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    opt_in: Literal["double", "single"] = "double"
    single_reason: Line = ""
    lead_magnet_id: int | None = None
    thanks_text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    thanks_url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""

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
        if self.thanks_url and urlsplit(self.thanks_url).scheme not in {"https", "http"}:
            raise ValueError("the thank-you address must start with https://")
        return self

    def read_answers(self, given: dict[str, Any]) -> dict[str, Any]:
        """Check answers against the fields. Raises `InvalidAnswers` with one message a field, unknown ones too."""
        known = {field.key for field in self.fields}
        problems = {key[:40]: str(_("This form has no such field.")) for key in given if key not in known}
        answers = {}
        for field in self.fields:
            try:
                answer = field.read(given.get(field.key))
            except ValueError as error:
                problems[field.key] = str(error)
                continue
            if answer is None and field.required:
                problems[field.key] = str(_("Please fill in this field."))
            elif answer is not None:
                answers[field.key] = answer
        if problems:
            raise InvalidAnswers(problems)
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
        db.session.add(self)
        db.session.flush()
        latest = db.session.scalar(
            select(FormVersion.number)
            .where(FormVersion.form_id == self.id)
            .order_by(FormVersion.number.desc())
            .limit(1)
        )
        content = definition.model_dump(mode="json")
        version = FormVersion(
            form_id=self.id,
            number=(latest or 0) + 1,
            content=content,
            hash=snapshot.keep(snapshot.Kind.FORM, to_json(content)),
            wording_hash=snapshot.keep(snapshot.Kind.WORDING, definition.wording),
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
    def lead_magnet(self) -> LeadMagnet | None:
        magnet_id = self.definition.lead_magnet_id
        return db.session.get(LeadMagnet, magnet_id) if magnet_id else None


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
