"""The draft of a form: what operators typed and did not publish yet. Visitors see nothing of it.

A form has at most one draft. A form that was never published has nothing else.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.forms.form import ID_LENGTH, Form
from signup.ground.clock import uuid7
from signup.ground.db import Base, db, upsert
from signup.ground.dialect import now
from signup.ground.driver_sql import to_json
from signup.ground.errors import NotFound

MAX_DRAFT = 400_000
"""Characters of a draft as JSON: more than the longest form that could be published."""


class DraftMoved(Exception):
    """Somebody saved, published or discarded the draft since it was read."""


class FormDraft(Base):
    """What the editor's inputs hold, complete or not."""

    __tablename__ = "form_draft"
    form_id: Mapped[int] = mapped_column(
        ForeignKey("form.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    uid: Mapped[UUID] = mapped_column(
        comment="a new one with each save: what a page saw, so that none writes over another"
    )
    based_on: Mapped[int | None] = mapped_column(comment="the number of the version that it began from")
    content: Mapped[dict[str, Any]] = mapped_column(comment="each input's value, as it was typed")
    operator_id: Mapped[int | None] = mapped_column(comment="who saved it last")
    saved_at: Mapped[datetime] = mapped_column(server_default=now())


def draft_of(form_id: int) -> FormDraft | None:
    """The form's draft as it stands now, whatever the session read before."""
    query = select(FormDraft).where(FormDraft.form_id == form_id).execution_options(populate_existing=True)
    found: FormDraft | None = db.session.scalar(query)
    return found


def find_with_draft(public_id: str) -> tuple[Form, FormDraft | None]:
    """The form with this public id and its draft. Raises `NotFound` when it has neither a version nor a draft."""
    query = select(Form).where(Form.public_id == public_id)
    form = db.session.scalar(query) if len(public_id) <= ID_LENGTH + 4 else None
    draft = draft_of(form.id) if form else None
    if form is None or (form.version_id is None and draft is None):
        raise NotFound(f"form {public_id[:20]!r}")
    return form, draft


def locked(form_id: int) -> Form:
    """The form as it stands now, and until the transaction ends. Raises `DraftMoved` when it is no more.

    Sign-ups go on: on PostgreSQL a full lock of the row would hold up those that refer to it.
    """
    db.session.execute(select(Form.id).where(Form.id == form_id).with_for_update(key_share=True))
    found = db.session.get(Form, form_id, populate_existing=True)
    if found is None:  # it was never published, and its draft was discarded
        raise DraftMoved
    return found


def is_too_long(content: dict[str, str]) -> bool:
    """Whether a draft holds more than any form could."""
    return len(to_json(content)) > MAX_DRAFT


def save_draft(draft: FormDraft, seen: UUID | None) -> None:
    """Write it over the draft `seen`, None: where there is none. Raises `DraftMoved`. Needs an open transaction."""
    values = {"uid": uuid7(), "saved_at": now()}
    values |= {name: getattr(draft, name) for name in ("based_on", "content", "operator_id")}
    if seen is None:
        first = upsert(FormDraft).values(form_id=draft.form_id, **values)
        write = first.on_conflict_do_nothing(index_elements=[FormDraft.form_id])
    else:
        write = update(FormDraft).where(*_is(draft.form_id, seen)).values(**values)
    if db.session.scalar(write.returning(FormDraft.form_id)) is None:
        raise DraftMoved


def end_draft(form_id: int, seen: UUID | None) -> None:
    """Delete the draft `seen`, None: there should be none. Raises `DraftMoved`. Needs an open transaction."""
    if seen is None:
        is_as_seen = draft_of(form_id) is None
    else:
        ended = delete(FormDraft).where(*_is(form_id, seen)).returning(FormDraft.form_id)
        is_as_seen = db.session.scalar(ended) is not None
    if not is_as_seen:
        raise DraftMoved


def forms_with_draft() -> set[int]:
    """The ids of the forms that have a draft."""
    return set(db.session.scalars(select(FormDraft.form_id)))


def _is(form_id: int, seen: UUID) -> tuple[Any, Any]:
    return FormDraft.form_id == form_id, FormDraft.uid == seen
