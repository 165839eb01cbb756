"""Segments: the table, and one segment with whom it reaches. Building its rule is in `segment_edit`."""

from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select, update

from signup.access import audit, scope
from signup.access.seen_contact import seen
from signup.admin.frame import door
from signup.admin.frame.route_subject import segments_seen
from signup.admin.segments.event_words import EXCLUDED
from signup.admin.segments.rule_words import catalogue, lines
from signup.admin.segments.segment_preset import presets
from signup.audience.reach import last_reach, newest, reach
from signup.audience.segment import Segment, SegmentVersion, find_segment
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.dialect import now


def segments() -> ResponseReturnValue:
    return render_template("admin/segments/segments.html", segments=segments_seen(), presets=presets(), at=utcnow())


def segment(slug: str) -> ResponseReturnValue:
    """Whom it reaches: counted up to 10,000 if that is quick, else as last counted exactly. `?exact=1` counts now."""
    found = find_segment(slug)
    rule = found.version.rule
    reached = reach(rule, scope.seen(), exact="exact" in request.args, seen_by=scope.seen())
    kept = last_reach(found) if reached.is_capped and scope.sees_everything() else None
    history = select(SegmentVersion).where(SegmentVersion.segment_id == found.id).order_by(SegmentVersion.number.desc())
    return render_template(
        "admin/segments/segment.html",
        segment=found,
        at=utcnow(),
        rule=lines(rule, catalogue(), masked=not door.may("contacts:unmasked")),
        reach=kept or reached,
        counted_at=found.counted_at if kept else None,
        sample=seen(newest(kept or reached)),
        versions=list(db.session.scalars(history)),
        excluded_words=EXCLUDED,
    )


def segment_archive(slug: str) -> ResponseReturnValue:
    """Put it away, or take it out again: versions and log entries that name it keep their meaning."""
    found = find_segment(slug)
    is_archived = found.archived_at is not None
    with transaction():
        query = update(Segment).where(Segment.id == found.id).values(archived_at=None if is_archived else now())
        db.session.execute(query)
        audit.note(door.operator(), "segment-changed" if is_archived else "segment-archived", slug)
    flash(
        _("The segment has been restored.")
        if is_archived
        else _("The segment has been archived. No contacts are deleted.")
    )
    return redirect(url_for("admin.segments"), HTTPStatus.SEE_OTHER)
