"""What the proof keeps of a mail, and the mail built from it again: the same bytes, years later.

The bytes follow from the template's snapshot, the recipient and these values. A link's token is kept without its
signature: no link can be read out of the database, and the keys can still sign it again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from jinja2 import TemplateError

from signup.consent.consent_event import ConsentEvent
from signup.ground.driver_sql import to_json
from signup.ground.tokens import TokenPurpose, keys
from signup.mailer import compose
from signup.mailer.compose import ComposedMail, Draft, MailPreview

LINKS = {
    "token": TokenPurpose.CONFIRM,
    "download": TokenPurpose.DOWNLOAD,
    "unsubscribe": TokenPurpose.UNSUBSCRIBE,
    "preferences": TokenPurpose.PREFERENCES,
}
"""The values that are a link's token, in the kinds of mail that are proof."""
MASK = "••••••"
"""Stands in a proof for a token: some links work for years."""


@dataclass(frozen=True)
class KeptMail:
    """A mail as its proof keeps it."""

    message_id: str
    hash: str
    kind: str
    words: MailPreview | None
    """With a mask in place of each link's token. None: they were not kept, or were erased."""
    is_exact: bool
    """Whether the mail was built again and has the very hash that was recorded when it was sent."""


def written(draft: Draft) -> str:
    """What to keep of a mail, as JSON. Its address and its Message-ID have columns of their own."""
    values = {
        name: value.rpartition(".")[0] if name in LINKS and value else value for name, value in draft.data.items()
    }
    return to_json({"kind": draft.kind, "created_at": draft.created_at.isoformat(), "values": values})


def read(event: ConsentEvent) -> KeptMail:
    """The mail behind an event of the proof."""
    message_id, mail_hash = event.mail_message_id or "", event.mail_hash or ""
    if not event.answers or not event.address:
        return KeptMail(message_id, mail_hash, "", None, is_exact=False)
    draft = _draft(event, event.answers)
    try:
        words = compose.words(draft._replace(data=_masked(draft.data)))
        is_exact = any(mail.hash == event.mail_hash for mail in _built_again(draft))
    except (TemplateError, ValueError):
        words, is_exact = None, False
    return KeptMail(message_id, mail_hash, draft.kind, words, is_exact=is_exact)


def exact(event: ConsentEvent) -> ComposedMail | None:
    """The mail as it was sent, to the byte, with links that may work; None when it cannot be built any more."""
    if not event.answers or not event.address:
        return None
    same = (mail for mail in _built_again(_draft(event, event.answers)) if mail.hash == event.mail_hash)
    return next(same, None)


def _draft(event: ConsentEvent, kept: dict[str, Any]) -> Draft:
    return Draft(
        UUID((event.mail_message_id or "").partition("@")[0].removeprefix("<")),
        kept["kind"],
        event.address or "",
        event.mail_template_hash or "",
        kept["values"],
        datetime.fromisoformat(kept["created_at"]),
    )


def _masked(values: dict[str, Any]) -> dict[str, Any]:
    return {name: MASK if name in LINKS and value else value for name, value in values.items()}


def _built_again(draft: Draft) -> Iterator[ComposedMail]:
    """By each key: all links of a mail were signed by the same one, and which one it was is not kept."""
    links = {
        name: keys().sign_again(LINKS[name], value) for name, value in draft.data.items() if name in LINKS and value
    }
    for position in range(len(keys().ring)):
        signed = {name: tokens[position] for name, tokens in links.items()}
        yield compose.render(draft._replace(data=draft.data | signed))
