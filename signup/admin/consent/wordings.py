"""Wordings: every text that people agreed to, where it was used, from when to when, and how often."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import case, func, select

from signup.admin.consent import consent_words
from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.consent.partner import Partner, purpose_of
from signup.consent.snapshot import Snapshot, SnapshotKind, digest
from signup.contacts.contact import tests
from signup.forms.form import Form, FormVersion
from signup.ground.db import db
from signup.ground.errors import NotFound

GIVEN = (ConsentType.CONFIRMED, ConsentType.IMPORTED, ConsentType.TRACKING_GRANTED)
"""The events by which somebody has agreed."""
HASH = re.compile("[0-9a-f]{64}")


@dataclass
class Wording:
    """A text, and the use that was made of it."""

    hash: str
    content: str
    created_at: datetime
    first: datetime | None = None
    last: datetime | None = None
    consents: int = 0
    purposes: set[str] = field(default_factory=set)
    locales: set[str] = field(default_factory=set)
    versions: set[int] = field(default_factory=set)

    def add(self, use: Any) -> None:
        """Add what one form version, or a file, made of it."""
        self.first = min(filter(None, (self.first, use.first)), default=None)
        self.last = max(filter(None, (self.last, use.last)), default=None)
        self.consents += use.consents or 0
        self.purposes.add(use.purpose)
        self.locales.add(use.locale)
        if use.form_version_id:
            self.versions.add(use.form_version_id)


def consent_wordings() -> ResponseReturnValue:
    found = _wordings()
    used = [one for one in found if one.first]
    return render_template(
        "admin/consent/wordings.html",
        used=sorted(used, key=lambda one: (one.last, one.hash), reverse=True),
        unused=[one for one in found if not one.first],
        forms_of=_forms(found),
        purpose_names=_purposes(),
    )


def consent_wording(hash_: str) -> ResponseReturnValue:
    found = _wordings(hash_) if HASH.fullmatch(hash_) else []
    if not found:
        raise NotFound("wording")
    return render_template(
        "admin/consent/wording.html", wording=found[0], forms_of=_forms(found), purpose_names=_purposes()
    )


def _wordings(hash_: str = "") -> list[Wording]:
    """All wordings, the newest first, or the one with this hash."""
    query = select(Snapshot).where(Snapshot.kind == SnapshotKind.WORDING).order_by(Snapshot.created_at.desc())
    query = query.where(Snapshot.hash == hash_) if hash_ else query
    found = {one.hash: Wording(one.hash, one.content, one.created_at) for one in db.session.scalars(query)}
    for use in db.session.execute(_uses(hash_)):
        if use.wording_hash in found:
            found[use.wording_hash].add(use)
    for id_, main, translations in db.session.execute(
        select(FormVersion.id, FormVersion.wording_hash, FormVersion.content["translations"])
    ):
        for shown in {main, *(digest(texts.get("wording") or "") for texts in (translations or {}).values())}:
            if shown in found:
                found[shown].versions.add(id_)
    return list(found.values())


def _uses(hash_: str) -> Any:
    event = ConsentEvent
    keys = (event.wording_hash, event.form_version_id, event.purpose, event.locale)
    given = func.sum(case((event.type.in_(GIVEN), 1), else_=0)).label("consents")
    query = select(*keys, func.min(event.at).label("first"), func.max(event.at).label("last"), given)
    query = query.where(event.wording_hash.is_not(None), event.contact_id.not_in(tests())).group_by(*keys)
    return query.where(event.wording_hash == hash_) if hash_ else query


def _forms(wordings: list[Wording]) -> dict[str, list[tuple[Form, list[int]]]]:
    """By wording the forms that showed it, each with the numbers of its versions."""
    by_version: dict[int, tuple[int, int]] = {}
    ids = {id_ for one in wordings for id_ in one.versions}
    query = select(FormVersion.id, FormVersion.form_id, FormVersion.number)
    for id_, form_id, number in db.session.execute(query.where(FormVersion.id.in_(ids))):
        by_version[id_] = form_id, number
    forms = {one.id: one for one in db.session.scalars(select(Form))}
    found: dict[str, list[tuple[Form, list[int]]]] = {}
    for one in wordings:
        numbers: dict[int, list[int]] = {}
        for form_id, number in sorted(by_version[id_] for id_ in one.versions if id_ in by_version):
            numbers.setdefault(form_id, []).append(number)
        found[one.hash] = [(forms[form_id], shown) for form_id, shown in numbers.items()]
    return found


def _purposes() -> dict[str, Any]:
    """The words for what a consent is for."""
    partners = {purpose_of(one.id): one.version.name for one in db.session.scalars(select(Partner))}
    return {**partners, **consent_words.PURPOSES}
