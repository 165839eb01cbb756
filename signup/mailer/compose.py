"""Composes a mail from its template snapshot and the message's values: pure, and the same bytes at every try.

How a template is written, `mail_template` says: the snapshot holds every word that was sent.
"""

import hashlib
import json
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from flask import current_app
from jinja2 import StrictUndefined, Template, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from signup.consent import snapshot
from signup.consent.mailing_list import MailingList
from signup.consent.snapshot import SnapshotKind
from signup.ground.driver_sql import driver_connection, run, to_json
from signup.ground.errors import NotFound
from signup.ground.i18n import DEFAULT
from signup.ground.plain_text import one_line
from signup.ground.urls import settings
from signup.mailer import compose_letter
from signup.mailer.letter_template import LetterTemplate
from signup.mailer.mail_mime import ascii_domain, assemble, phrase, quoted
from signup.mailer.mail_template import SHIPPED, House, OwnMail, write
from signup.mailer.message_kind import MessageKind, rules_of
from signup.mailer.return_address import verp

_text = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)  # plain text
_html = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True)


class Draft(NamedTuple):
    """What rendering needs of a message row."""

    uid: UUID
    kind: str
    recipient: str
    template_hash: str
    data: dict[str, Any]
    created_at: datetime


class ComposedMail(NamedTuple):
    """A finished mail: envelope and bytes with CRLF line ends."""

    sender: str
    recipient: str
    content: bytes
    hash: str
    message_id: str
    needs_utf8: bool
    """Whether the relay must offer SMTPUTF8 (RFC 6531): the local part is not ASCII."""


class _Snapshot(NamedTuple):
    subject: Template
    text: Template
    html: Template
    fixed: dict[str, Any]


class MailPreview(NamedTuple):
    """A mail's words, as somebody would read them."""

    subject: str
    text: str
    html: str


def template_for(kind: MessageKind, language: str, sender: MailingList | House, own: OwnMail = SHIPPED) -> str:
    """The hash of the snapshot for this mail as it would be written today; stored, durably, the first time."""
    seen: dict[tuple[object, ...], str] = current_app.extensions.setdefault("signup.mail_templates", {})
    fixed = fixed_of(sender)
    key = (kind, language, own, *fixed.values())
    if key not in seen:
        content = write(kind, language, fixed, own)
        _compile(content)  # an error in a template shows here, to the one who caused it
        name = snapshot.digest(content)
        with driver_connection() as connection:
            run(connection, snapshot.KEEP, {"hash": name, "kind": SnapshotKind.MAIL.value, "content": content})
        seen[key] = name  # only now: other threads may point at it
    return seen[key]


def fixed_of(of: MailingList | House) -> dict[str, Any]:
    """What is the same in every mail of a sender."""
    # A name from before names were checked must not keep the list's mails from being built.
    reply_to = getattr(of, "reply_to", "")
    answered = {"reply_to": reply_to} if reply_to else {}
    return {
        "list": one_line(of.name),
        "list_id": f"{of.slug}.{ascii_domain(of.sender_address)[0].rpartition('@')[2]}",
        "controller": of.controller,
        "privacy_url": of.privacy_url,
        "postal_address": of.postal_address,
        "sender_name": one_line(of.sender_name),
        "sender_address": of.sender_address,
        "public_url": settings().public_url,
        **answered,
    }


def preview(
    kind: MessageKind, language: str, sender: MailingList | House, own: OwnMail, data: dict[str, Any]
) -> MailPreview:
    """The mail with the values `data`; nothing is stored. Raises `jinja2.TemplateError` for a text that cannot be."""
    return _worded(_compile(write(kind, language, fixed_of(sender), own)), data)


def render(draft: Draft) -> ComposedMail:
    """Build the mail. Raises `jinja2.TemplateError` or `ValueError` for values that a good template never meets."""
    content = _content(draft.template_hash)
    if compose_letter.is_letter(content):
        return _letter(content, draft)
    return _build(_compile(content), draft)


def words(draft: Draft) -> MailPreview:
    """What somebody read who opened this mail. Raises as `render`."""
    content = _content(draft.template_hash)
    if compose_letter.is_letter(content):
        return MailPreview(*compose_letter.words(content, *_filling(draft)))
    return _worded(_compile(content), draft.data)


def letter_content(template_hash: str) -> dict[str, Any]:
    """The content of a letter's snapshot. Raises `NotFound`."""
    content: dict[str, Any] = json.loads(_content(template_hash))
    return content


def try_letter(letter: LetterTemplate) -> ComposedMail:
    """A letter to nobody; nothing is stored. Raises `ValueError` or `KeyError` for one that cannot be sent."""
    nobody = UUID(int=0)
    data = {"subscription": nobody.hex, "contact": nobody.hex, "clicks": True, "opens": True}
    return _letter(
        to_json(letter.to_content()), Draft(nobody, "campaign", "somebody@example.org", "", data, datetime.now(UTC))
    )


def preview_letter(letter: LetterTemplate, values: dict[str, str]) -> MailPreview:
    """The words of a letter to somebody with these values; nothing is stored."""
    nobody = UUID(int=0)
    data = {"subscription": nobody.hex, "contact": nobody.hex, "values": values}
    content = to_json(letter.to_content())
    return MailPreview(*compose_letter.words(content, nobody, "somebody@example.org", datetime.now(UTC), data))


def _letter(content: str, draft: Draft) -> ComposedMail:
    letter, fixed = compose_letter.fill(content, *_filling(draft)), compose_letter.read(content).fixed
    headers = [*_headers(draft, fixed, letter.subject), *_reply_to(fixed), *letter.list_headers]
    return _finish(draft, fixed, headers, letter[1:3])


def _filling(draft: Draft) -> tuple[UUID, str, datetime, dict[str, Any]]:
    return draft.uid, draft.recipient, draft.created_at, draft.data


def _worded(template: _Snapshot, data: dict[str, Any]) -> MailPreview:
    values = template.fixed | data
    return MailPreview(template.subject.render(values), template.text.render(values), template.html.render(values))


def subject_of(content: str, data: dict[str, Any]) -> str:
    """The subject that a snapshot's content gives a mail; what its values no longer tell is left out."""
    if compose_letter.is_letter(content):
        return compose_letter.subject_of(content, data)
    template = _compile(content)
    values = dict.fromkeys(meta.find_undeclared_variables(_text.parse(json.loads(content)["subject"])), "…")
    return one_line(template.subject.render(values | template.fixed | data))


def try_out(kind: MessageKind, sender: MailingList | House) -> ComposedMail:
    """A mail as this sender would write it, to nobody; nothing is stored. Raises as `render`."""
    template = _compile(write(kind, getattr(sender, "language", DEFAULT), fixed_of(sender), SHIPPED))
    return _build(template, Draft(UUID(int=0), kind, "somebody@example.org", "", kind.rules.sample, datetime.now(UTC)))


def _build(template: _Snapshot, draft: Draft) -> ComposedMail:
    values = template.fixed | draft.data
    headers = _headers(draft, template.fixed, one_line(template.subject.render(values)))
    headers += [*_reply_to(values), *_list_headers(draft.kind, values)]
    bodies = (template.text.render(values), template.html.render(values))
    return _finish(draft, template.fixed, headers, tuple(map(quoted, bodies)))


def _headers(draft: Draft, fixed: dict[str, Any], subject: str) -> list[tuple[str, str]]:
    sender = ascii_domain(fixed["sender_address"])[0]
    return [
        ("From", f"{phrase(fixed['sender_name'])} <{sender}>"),
        ("To", f"<{ascii_domain(draft.recipient)[0]}>"),
        ("Subject", phrase(subject, quote=False)),
        ("Date", format_datetime(draft.created_at.astimezone(UTC))),
        ("Message-ID", message_id(draft.uid, sender.rpartition("@")[2])),
    ]


def _finish(
    draft: Draft, fixed: dict[str, Any], headers: list[tuple[str, str]], bodies: tuple[bytes, ...]
) -> ComposedMail:
    sender, (recipient, needs_utf8) = ascii_domain(fixed["sender_address"])[0], ascii_domain(draft.recipient)
    content = assemble(headers, f"=_{draft.uid.hex}", bodies)
    own_id = message_id(draft.uid, sender.rpartition("@")[2])
    bounce_domain = settings().bounce_domain
    envelope = verp.return_path(draft.uid, bounce_domain) if bounce_domain else sender
    return ComposedMail(envelope, recipient, content, hashlib.sha256(content).hexdigest(), own_id, needs_utf8)


def message_id(uid: UUID, domain: str) -> str:
    """A message's Message-ID: fixed when the row is written, so a second try is recognised as the same mail."""
    return f"<{uid.hex}@{ascii_domain('x@' + domain)[0].partition('@')[2]}>"


def ascii_domain_of(address: str) -> str:
    """The domain of an address as it stands in DNS."""
    return ascii_domain(address)[0].rpartition("@")[2]


def _reply_to(values: dict[str, Any]) -> list[tuple[str, str]]:
    """The Reply-To header. A local part that is not ASCII is left out: not every relay takes it (RFC 6531)."""
    address, needs_utf8 = ascii_domain(values.get("reply_to") or "")
    return [("Reply-To", f"<{address}>")] if values.get("reply_to") and not needs_utf8 else []


def _list_headers(kind: str, values: dict[str, Any]) -> list[tuple[str, str]]:
    rules = rules_of(kind)
    if not rules.is_list_mail:
        return [("Auto-Submitted", "auto-generated")] if rules.is_automatic else []
    if "unsubscribe" not in values:
        raise ValueError("a mail to a list without its unsubscribe link")
    url = f"{values['public_url']}/unsubscribe/{values['unsubscribe']}"
    return [
        ("List-Id", f"<{values['list_id']}>"),
        ("List-Unsubscribe", f"<{url}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),  # RFC 8058
    ]


@lru_cache(maxsize=512)
def _content(template_hash: str) -> str:
    with driver_connection(writes=False) as connection:
        row = run(connection, "SELECT content FROM snapshot WHERE hash = :hash", {"hash": template_hash}).fetchone()
    if row is None:
        raise NotFound(f"snapshot {template_hash}")
    content: str = row[0]
    return content


@lru_cache(maxsize=512)
def _compile(content: str) -> _Snapshot:
    parts = json.loads(content)
    return _Snapshot(
        _text.from_string(parts["subject"]),
        _text.from_string(parts["text"]),
        _html.from_string(parts["html"]),
        parts["fixed"],
    )
