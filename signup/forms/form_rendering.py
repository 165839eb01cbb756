"""A form as it was shown: the page itself, kept word for word when it is first served after anything in it changed.

A version of a form says what is asked; the page around it also depends on the release, the list and the partners. What
belongs to one request (its stamp, where the visitor came from) is a mark in what is kept.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import structlog
from flask import current_app
from markupsafe import escape
from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.consent import snapshot
from signup.consent.snapshot import SnapshotKind, digest
from signup.forms.live_form import LiveForm
from signup.forms.looks.appearance import Appearance
from signup.forms.looks.look_style import page_sheet
from signup.ground.db import Base, db, is_of_database
from signup.ground.dialect import now
from signup.ground.driver_sql import driver_connection, run, together

STATIC = Path(__file__).parents[1] / "visitor" / "static"
STAMP, PAGE, REFERRER, QR = "__stamp__", "__page__", "__referrer__", "__qr__"
MAX_KNOWN = 10_000

log = structlog.get_logger()

_MARK = re.compile("__(?:stamp|page|referrer|qr)__")
# The latest is looked at, not any: what was changed and changed back is shown again from then on.
_KEEP = """
    INSERT INTO form_rendering (form_version_id, language, surface, hash, style_hash, at)
    SELECT CAST(:version_id AS bigint), CAST(:language AS varchar(5)), CAST(:surface AS varchar(8)),
      CAST(:hash AS varchar(64)), CAST(:style_hash AS varchar(64)), NOW()
    WHERE NOT EXISTS (
      SELECT 1 FROM form_rendering r WHERE r.hash = :hash AND r.style_hash = :style_hash AND r.id = (
        SELECT max(id) FROM form_rendering
        WHERE form_version_id = :version_id AND language = :language AND surface = :surface))
"""


class Surface(StrEnum):
    """Where a form is shown."""

    PAGE = "page"
    """Our own page."""
    FRAME = "frame"
    """The same in a frame of a website."""
    SCRIPT = "script"
    """What the script on a website draws: its texts and questions as JSON."""
    KIOSK = "kiosk"
    """The step at which a customer agrees on a kiosk."""

    @property
    def sheet(self) -> str:
        """The style sheet that it is shown with."""
        return "kiosk.css" if self == Surface.KIOSK else "forms.css"


class FormRendering(Base):
    """What one surface showed of a form version in a language, from this time on. Never changed, never deleted."""

    __tablename__ = "form_rendering"
    __table_args__ = (Index("ix_form_rendering_form_version_id_language", "form_version_id", "language"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    form_version_id: Mapped[int] = mapped_column(ForeignKey("form_version.id"))
    language: Mapped[str] = mapped_column(String(5))
    surface: Mapped[str] = mapped_column(String(8))
    hash: Mapped[str] = mapped_column(ForeignKey("snapshot.hash"), comment="of what was shown, without its marks")
    style_hash: Mapped[str] = mapped_column(ForeignKey("snapshot.hash"), comment="of the style sheet it was shown with")
    at: Mapped[datetime] = mapped_column(server_default=now())


def fill(content: str, values: Mapping[str, Any]) -> str:
    """What is kept, as one visitor gets it: with the values of their request in place of the marks."""
    return _MARK.sub(lambda mark: str(escape(values.get(mark[0], mark[0]))), content)


def keep(form: LiveForm, surface: Surface, content: str) -> None:
    """Keep what is about to be shown. Of what this process has kept before it costs a hash and no query.

    A database that is away keeps nobody from the page: the next one to see it is tried again.
    """
    known: dict[tuple[int, str, str], tuple[str, str]] = current_app.extensions.setdefault("signup.renderings", {})
    key = (form.version_id, form.definition.language, surface.value)
    hash_, style_hash = digest(content), _style(form.definition.appearance, surface)[1]
    if known.get(key) == (hash_, style_hash):
        return
    try:
        _write(key, content, form.definition.appearance)
    except Exception as error:
        if not is_of_database(error):
            raise
        log.warning("form.not_kept", form=form.public_id, error=type(error).__name__)
        return
    if len(known) >= MAX_KNOWN:
        known.clear()
    known[key] = (hash_, style_hash)


def _write(key: tuple[int, str, str], content: str, appearance: Appearance) -> None:
    version_id, language, surface = key
    style, style_hash = _style(appearance, Surface(surface))
    hash_ = digest(content)
    texts = ((SnapshotKind.SHOWN, hash_, content), (SnapshotKind.STYLE, style_hash, style))
    with driver_connection() as connection, together(connection):
        for kind, name, text in texts:
            run(connection, snapshot.KEEP, {"hash": name, "kind": kind.value, "content": text})
        named = {"version_id": version_id, "language": language, "surface": surface}
        run(connection, _KEEP, named | {"hash": hash_, "style_hash": style_hash})


@lru_cache(maxsize=512)
def _style(appearance: Appearance, surface: Surface) -> tuple[str, str]:
    """The whole style of a surface with its hash: its sheet, and over it the form's own look."""
    style = _sheet(surface.sheet) + page_sheet(appearance)
    return style, digest(style)


@cache
def _sheet(name: str) -> str:
    return (STATIC / name).read_text()


def shown_at(version_id: int, language: str, surface: Surface, at: datetime) -> FormRendering | None:
    """What a surface showed at a time: what was kept last before it."""
    mine = (FormRendering.form_version_id == version_id, FormRendering.language == language)
    query = select(FormRendering).where(*mine, FormRendering.surface == surface, FormRendering.at <= at)
    found: FormRendering | None = db.session.scalar(query.order_by(FormRendering.id.desc()).limit(1))
    return found
