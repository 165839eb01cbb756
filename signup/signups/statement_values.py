"""The parameters of the statements that store and confirm a sign-up, and the row that confirming reads first.

Each is written down by name and type once, so that a checker sees a value that no statement was given.
"""

from typing import Any, NamedTuple, TypedDict
from uuid import UUID


class FormValues(TypedDict):
    """What the statements take of the form and its list."""

    list_id: int
    form_id: int
    version_id: int
    wording_hash: str
    controller: str
    language: str
    single: bool
    confirm_template: str
    already_template: str
    magnet_id: int
    delivered: str | None


class PersonValues(TypedDict):
    """What they take of who signs up."""

    address: str
    address_key: str
    typed: str
    recipient_hash: str
    handle: str
    provider: str
    name: str
    name_key: str
    answers: str


class MailValues(TypedDict):
    """What the mails say: to who must confirm, and to who is confirmed already."""

    confirm_data: str
    already_data: str


class SignupValues(FormValues, PersonValues, MailValues):
    """All parameters of the statements that store a sign-up."""

    source: str
    site: str
    placement: str
    page: str | None
    referrer: str | None
    label: str
    method: str
    ip: str | None
    agent: str | None
    signup_uid: UUID | str
    contact_uid: UUID | str
    subscription_uid: UUID | str
    event_uid: UUID | str
    message_uid: UUID | str
    nature: str
    remind_after: float | None
    salt: bytes
    code_hash: str
    code_ttl: float
    confirm_ttl: float
    download_ttl: float


class SignupToConfirm(NamedTuple):
    """What confirming needs of a sign-up; read in one round trip, without an object for each table."""

    id: int
    form_id: int
    version_id: int
    list_id: int
    contact_id: int
    subscription_id: int
    handle: str
    language: str
    answers: Any
    subscription_uid: Any
    contact_uid: Any
    address: str
    address_key: str
    ip: str | None
    created_at: Any
    method: str
    nature: str
    is_known: bool


class WelcomeValues(TypedDict):
    """What the welcome mail says, and the event of what it hands out."""

    data: str
    delivered: str | None


class ConfirmationValues(WelcomeValues):
    """All parameters of the statements that confirm a sign-up."""

    id: int
    form_id: int
    version_id: int
    list_id: int
    contact_id: int
    subscription_id: int
    language: str
    nature: str
    typed: str
    recipient_hash: str
    answers: str
    given: str
    name: str | None
    name_key: str | None
    wording_hash: str
    controller: str
    label: str
    template: str
    dedupe: str
    download_ttl: float | None
    ip: str | None
    agent: str | None
    method: str
    single: bool
    key_id: str
    event_uid: UUID | str
    message_uid: UUID | str
    salt: bytes
    forgiven: str
