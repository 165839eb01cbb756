"""A segment: a saved rule with a name, and its immutable versions. Whom it reaches is counted in `reach`."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from signup.audience.rule import Rule, parse, to_content
from signup.consent.snapshot import digest
from signup.ground.clock import uuid7
from signup.ground.db import Base, db
from signup.ground.dialect import now
from signup.ground.driver_sql import to_json
from signup.ground.errors import NotFound

IDLE = timedelta(days=90)


class Segment(Base):
    """A segment keeps its short name for life; whom it means is its current version."""

    __tablename__ = "segment"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    slug: Mapped[str] = mapped_column(String(60), unique=True, comment="its name on the console and in addresses")
    name: Mapped[str] = mapped_column(String(120), unique=True)
    description: Mapped[str] = mapped_column(String(500), default="", comment="what it is for, and why these people")
    version_id: Mapped[int | None] = mapped_column(comment="the current version; no foreign key, it would be a circle")
    acted_at: Mapped[datetime | None] = mapped_column(comment="when it was last exported or mailed")
    reach: Mapped[dict[str, Any] | None] = mapped_column(comment="whom its version reached when last counted")
    counted_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    version: Mapped["SegmentVersion"] = relationship(
        lazy="joined", primaryjoin=lambda: foreign(Segment.version_id) == SegmentVersion.id, viewonly=True
    )

    def publish(self, rule: Rule, operator_id: int | None = None) -> "SegmentVersion":
        """Make `rule` the current version; the same one again changes nothing. Needs an open transaction."""
        if self.version_id is not None and self.version.rule == rule:
            return self.version
        db.session.add(self)
        db.session.flush()
        latest = db.session.scalar(select(func.max(SegmentVersion.number)).where(SegmentVersion.segment_id == self.id))
        content = to_content(rule)
        version = SegmentVersion(
            segment_id=self.id,
            number=(latest or 0) + 1,
            content=content,
            hash=digest(to_json(content)),
            operator_id=operator_id,
        )
        db.session.add(version)
        db.session.flush()
        self.version_id, self.reach, self.counted_at = version.id, None, None
        db.session.flush()
        db.session.expire(self, ["version"])
        return version

    def is_idle(self, at: datetime) -> bool:
        """Whether nobody has acted on it for 90 days: a segment that leads to nothing."""
        return at - (self.acted_at or self.created_at) > IDLE


class SegmentVersion(Base):
    """Whom a segment meant from one moment to the next. Never changed, never deleted."""

    __tablename__ = "segment_version"
    __table_args__ = (UniqueConstraint("segment_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    segment_id: Mapped[int] = mapped_column(ForeignKey("segment.id"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]]
    hash: Mapped[str] = mapped_column(String(64))
    operator_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now())

    @property
    def rule(self) -> Rule:
        return parse(self.content)


def find_segment(name: str) -> Segment:
    """The segment with this short name or name, archived or not. Raises `NotFound`."""
    named = (Segment.slug == name) | (Segment.name == name)
    # Somebody may call one segment as another is called in short: the short name goes first.
    found = db.session.scalar(select(Segment).where(named).order_by((Segment.slug == name).desc()).limit(1))
    if found is None or found.version is None:
        raise NotFound(f"segment {name[:60]!r}")
    return found


def find_version(slug: str, number: int | None = None) -> SegmentVersion:
    """A version of a segment, the current one without `number`. Raises `NotFound`."""
    segment = find_segment(slug)
    if number is None or number == segment.version.number:
        return segment.version
    query = select(SegmentVersion).where(SegmentVersion.segment_id == segment.id, SegmentVersion.number == number)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound(f"version {number} of segment {slug[:60]!r}")
    return found


def segments() -> list[Segment]:
    """All that are not archived, by name."""
    return list(db.session.scalars(select(Segment).where(Segment.archived_at.is_(None)).order_by(Segment.name)))


def act_on(slug: str) -> None:
    """Note that the segment was just put to use. Needs an open transaction."""
    db.session.execute(update(Segment).where(Segment.slug == slug).values(acted_at=now()))
