"""Segments: read, and count. Their members are found by `GET /contacts?segment=`."""

from pydantic import Field

from signup.access import scope
from signup.access.api_key import KeyScope
from signup.api.endpoint import endpoint
from signup.api.shapes import Instant, PageOf, Shape, Slug, Told
from signup.audience.reach import reach
from signup.audience.segment import Segment, find_segment
from signup.audience.segment import segments as all_segments
from signup.ground.errors import NotFound


class SegmentTold(Told):
    """A saved rule."""

    slug: str
    name: str
    description: str
    version: int
    created_at: Instant


class SegmentPage(PageOf):
    """Segments by their name."""

    data: list[SegmentTold]


class CountQuery(Shape):
    """Whom to count."""

    list: Slug | None = Field(default=None, description="Who may be mailed by this list; without, by any.")


class SegmentCount(Told):
    """How many people meet the rule, and whom a campaign would reach."""

    total: int
    mailable: int
    excluded: dict[str, int] = Field(description="Why the others cannot be mailed, with their number.")


@endpoint("GET", "/segments", KeyScope.SEGMENTS_READ, "All segments")
def segments() -> SegmentPage:
    """For keys that reach all lists: a rule may ask about anything."""
    return SegmentPage(data=[_told(one) for one in all_segments()] if scope.sees_everything() else [])


@endpoint("GET", "/segments/{slug}", KeyScope.SEGMENTS_READ, "One segment")
def segment_one(slug: str) -> SegmentTold:
    return _told(_find(slug))


@endpoint("GET", "/segments/{slug}/count", KeyScope.SEGMENTS_READ, "How many are in it, exactly")
def segment_count(slug: str, query: CountQuery) -> SegmentCount:
    lists = frozenset({scope.mailing_list(query.list).id}) if query.list else None
    found = reach(_find(slug).version.rule, lists, exact=True)
    return SegmentCount(total=found.total, mailable=found.mailable, excluded=found.excluded)


def _find(slug: str) -> Segment:
    found = find_segment(slug)
    if not scope.sees_everything() or found.archived_at is not None:
        raise NotFound("segment")
    return found


def _told(one: Segment) -> SegmentTold:
    return SegmentTold(
        slug=one.slug,
        name=one.name,
        description=one.description,
        version=one.version.number,
        created_at=one.created_at,
    )
