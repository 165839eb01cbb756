"""Pictures for forms and emails: uploaded by operators, kept in the database under their hash, never changed.

They are few and small, and part of what people saw when they agreed: so they are in every backup, on every server.
"""

import hashlib
import re
import struct
from datetime import datetime
from typing import NamedTuple

from flask import url_for
from sqlalchemy import LargeBinary, String, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.forms.looks.look import PictureRef
from signup.ground.db import Base, db, upsert
from signup.ground.dialect import now
from signup.ground.urls import public_url

MAX_PICTURE = 512 * 1024
MAX_PIXELS = 3_000
"""On each side: what a browser must unpack stays small."""


class BadPicture(ValueError):
    """What was uploaded is no picture for us. `reason` is `type`, `large` or `pixels`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PictureShape(NamedTuple):
    """What the bytes of a picture say of it."""

    type: str
    width: int
    height: int


class Picture(Base):
    """One picture."""

    __tablename__ = "picture"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True, comment="SHA-256 of its bytes")
    type: Mapped[str] = mapped_column(String(4), comment="png, jpeg or gif, as its bytes say")
    width: Mapped[int]
    height: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=now())

    def ref(self, alt: str = "") -> PictureRef:
        """What a form keeps of it."""
        return PictureRef.model_validate(
            {"hash": self.hash, "type": self.type, "width": self.width, "height": self.height, "alt": alt}
        )


def keep(content: bytes) -> Picture:
    """Keep what was uploaded, or find it again. Raises `BadPicture`. Needs an open transaction."""
    if len(content) > MAX_PICTURE:
        raise BadPicture("large")
    shape = shape_of(content)
    if not (0 < shape.width <= MAX_PIXELS and 0 < shape.height <= MAX_PIXELS):
        raise BadPicture("pixels")
    hash_ = hashlib.sha256(content).hexdigest()
    # Two who keep the same one at once both find it.
    new = upsert(Picture).values(hash=hash_, content=content, **shape._asdict())
    db.session.execute(new.on_conflict_do_nothing(index_elements=["hash"]))
    return db.session.get_one(Picture, hash_)


def find(hash_: str) -> Picture | None:
    """The picture with this hash."""
    return db.session.get(Picture, hash_) if re.fullmatch(r"[0-9a-f]{64}", hash_) else None


def size_of(url: str) -> tuple[int, int] | None:
    """Width and height of a picture of ours, by its address; None for any other."""
    found = re.search(r"/([0-9a-f]{64})\.(?:png|jpeg|gif)$", url)
    if found is None or not url.startswith(public_url("forms.picture", name="").rstrip("/")):
        return None
    row = db.session.execute(select(Picture.width, Picture.height).where(Picture.hash == found[1])).first()
    return (row.width, row.height) if row else None


def url_of(picture: PictureRef) -> str:
    """Where everybody finds it, the same for all: who asked for it says nothing about who read what."""
    return public_url("forms.picture", name=f"{picture.hash}.{picture.type}")


def path_of(picture: PictureRef) -> str:
    """The same on our own pages."""
    return url_for("forms.picture", name=f"{picture.hash}.{picture.type}")


def shape_of(content: bytes) -> PictureShape:
    """What kind of picture the bytes are, whatever their file is called. Raises `BadPicture`, also for SVG, which can
    hold a script, and for WebP and AVIF, which programs for email do not show.
    """
    try:
        if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR":
            return PictureShape("png", *struct.unpack(">II", content[16:24]))
        if content[:6] in {b"GIF87a", b"GIF89a"}:
            return PictureShape("gif", *struct.unpack("<HH", content[6:10]))
        if content.startswith(b"\xff\xd8\xff"):
            return _jpeg(content)
    except (struct.error, IndexError):
        pass
    raise BadPicture("type")


def _jpeg(content: bytes) -> PictureShape:
    """The size stands in the first frame header (ITU T.81, B.2.2); what lies before it is stepped over."""
    at = 2
    while at < len(content):
        if content[at] != 0xFF:  # noqa: PLR2004  # every segment begins with it
            break
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:  # noqa: PLR2004  # the frame headers
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return PictureShape("jpeg", width, height)
        at += 1 if marker == 0xFF else 2 + int(struct.unpack(">H", content[at + 2 : at + 4])[0])  # noqa: PLR2004
    raise BadPicture("type")
