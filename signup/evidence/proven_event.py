"""One event of a proof with all that belongs to it: the form as it was seen, the mail's words, the file it came by."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from signup.consent.consent_event import PURPOSE_LIST
from signup.forms.form_rendering import FormRendering
from signup.mailer.kept_mail import KeptMail


@dataclass(frozen=True)
class ShownForm:
    """The form that was sent, and how it was seen."""

    public_id: str
    name: str
    version: int
    definition_hash: str
    opt_in: str
    single_reason: str
    labels: dict[str, str]
    """What its questions were called, by their keys."""
    surface: str = ""
    hash: str = ""
    """SHA-256 of what was shown; empty where that was not kept."""
    style_hash: str = ""
    since: datetime | None = None
    """When it was first shown like this."""
    content: str = field(default="", repr=False)
    style: str = field(default="", repr=False)

    def seen(self, rendering: FormRendering, content: str, style: str) -> "ShownForm":
        """The form with what was shown of it."""
        return replace(
            self,
            surface=rendering.surface,
            hash=rendering.hash,
            style_hash=rendering.style_hash,
            since=rendering.at,
            content=content,
            style=style,
        )


@dataclass(frozen=True)
class ImportEvidence:
    """The file that brought somebody, and how much it proves."""

    grade: str
    origin: str
    file_name: str
    file_hash: str
    line: int


@dataclass(frozen=True)
class ProvenEvent:
    """What happened, when and how. What was never known or has been erased is empty."""

    id: UUID
    type: str
    at: datetime
    purpose: str
    controller: str
    locale: str
    method: str
    key_id: str
    wording: str
    wording_hash: str
    address: str
    ip: str
    agent: str
    page: str
    referrer: str
    answers: dict[str, Any]
    source: dict[str, Any]
    form: ShownForm | None
    mail: KeptMail | None
    mail_template_hash: str
    relay_reply: str
    brought_by: ImportEvidence | None
    merged_from: UUID | None
    """The contact that it was recorded for, which is part of this one since."""
    is_erased: bool
    """Whether what was personal in it was deleted."""

    @property
    def is_of_partner(self) -> bool:
        return self.purpose != PURPOSE_LIST
