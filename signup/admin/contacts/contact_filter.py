"""The filter of the contacts page: read from an address or a form, told in words, and kept as a segment's rule."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from signup.access import scope
from signup.admin.companies import company_words
from signup.admin.contacts.contact_view import KEPT
from signup.admin.frame import door
from signup.admin.frame.route_subject import is_seen
from signup.audience.contact_order import ContactOrder, sortable_columns
from signup.audience.quality import Category
from signup.audience.rule import EVERYONE, Condition, ConditionGroup, Rule
from signup.audience.search import Search
from signup.audience.segment import find_segment
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import SubscriptionState
from signup.contacts.contact import Nature
from signup.contacts.tag import tags
from signup.fields.operator import Op
from signup.ground.errors import NotFound
from signup.ground.i18n import _

MAX_TEXT = 254
MIN_QUALITY = {"80": _("80 and more"), "60": _("60 and more"), "40": _("40 and more")}
NARROWING = ("quality", "category", "grade", "tag")
"""Filters that are conditions of a rule."""


class ActiveFilter(NamedTuple):
    """A filter that is set, by its name in the address, for the chip that takes it away."""

    name: str
    about: Any
    value: Any


def search_from(asked: Mapping[str, str], lists: list[MailingList]) -> tuple[Search, MailingList | None]:
    """What a page's address, or a form that repeats it, asks for. Raises `NotFound` for a segment that is none."""
    slug, state = asked.get("list", ""), asked.get("status", "")
    segment = asked.get("segment", "")
    mailing_list = next((entry for entry in lists if entry.slug == slug), None)
    if len(lists) == 1 and not scope.sees_everything():
        mailing_list = lists[0]
    search = Search(
        text=asked.get("q", "")[:MAX_TEXT].strip(),
        list_id=mailing_list.id if mailing_list else None,
        state=state if state in set(SubscriptionState) else "",
        tests=state == Nature.TEST,
        rule=_rule(segment) if segment else EVERYONE,
        also=ConditionGroup(rules=tuple(_narrowing(asked))),
        lists=scope.seen(),
        whole_address=not door.may("contacts:unmasked"),
        hidden=scope.hidden_keys(),
        order=_order(asked.get("order", ""), mailing_list),
    )
    return search, mailing_list


def _order(name: str, mailing_list: MailingList | None) -> ContactOrder:
    """The order of this name, if the reader may ask for it; the oldest first may everybody."""
    order = ContactOrder(name) if name in set(ContactOrder) else ContactOrder.NEWEST
    may_ask = sortable_columns(mailing_list.id if mailing_list else None, knows_all=scope.sees_everything()) | {
        "signed-up"
    }
    return order if order.column in may_ask else ContactOrder.NEWEST


def _rule(segment: str) -> Rule:
    version = find_segment(segment).version
    if not is_seen(version):
        raise NotFound(f"segment {segment[:60]!r}")
    return version.rule


def _narrowing(asked: Mapping[str, str]) -> list[Condition]:
    """The filters by quality, category, grade and tag as conditions."""
    if not scope.sees_everything():
        return []
    least, category, grade, tag = (asked.get(name, "")[:20] for name in NARROWING)
    found = []
    if least in MIN_QUALITY:
        found.append(Condition(subject="quality", op=Op.AT_LEAST, value=least))
    if category in set(Category):
        found.append(Condition(subject="category", op=Op.ANY_OF, values=(category,)))
    if grade:
        found.append(Condition(subject="grade", op=Op.ANY_OF, values=(grade,)))
    if tag.isdecimal() and shows_tags():
        found.append(Condition(subject="tag", op=Op.ANY_OF, values=(tag,)))
    return found


def shows_tags() -> bool:
    """Whether the reader sees tags: they are of the whole contact, and may say who it is."""
    return scope.sees_everything() and door.may("contacts:unmasked")


def active_filters(asked: Mapping[str, str], mailing_list: MailingList | None) -> list[ActiveFilter]:
    """What is set besides the search and the status, which have their own place on the page."""
    found = []
    if mailing_list and asked.get("list"):
        found.append(ActiveFilter("list", _("List"), mailing_list.name))
    if segment := asked.get("segment"):
        found.append(ActiveFilter("segment", _("Segment"), find_segment(segment).name))
    if scope.sees_everything():
        words: dict[str, Mapping[str, Any]] = {"quality": MIN_QUALITY, "category": company_words.CATEGORIES}
        words["tag"] = {str(one.id): one.name for one in tags()} if asked.get("tag") and shows_tags() else {}
        labels = {"quality": _("Quality"), "category": _("Category"), "grade": _("Grade"), "tag": _("Tag")}
        for condition in _narrowing(asked):
            value = condition.value or condition.values[0]
            told = words.get(condition.subject, {}).get(value, value)
            found.append(ActiveFilter(condition.subject, labels[condition.subject], told))
    return found


def rule_of(asked: Mapping[str, str], search: Search) -> ConditionGroup | None:
    """The filter as the rule of a segment; None where nothing is set that a segment could ask. Words to look for are
    left out: a search finds what a rule cannot say.
    """
    found: list[Any] = []
    if search.list_id is not None:
        states: dict[str, Any] = {"op": Op.ANY_OF, "values": (search.state,)} if search.state else {"op": Op.FILLED}
        found.append(Condition(subject=f"list:{search.list_id}", **states))
    elif search.state:
        found.append(Condition(subject="standing", op=Op.ANY_OF, values=(search.state,)))
    found += _narrowing(asked)
    if search.rule != EVERYONE:
        found.append(search.rule)
    if not found or search.tests:
        return None
    return found[0] if found == [search.rule] else ConditionGroup(rules=tuple(found))


def kept(asked: Mapping[str, str], *without: str) -> list[tuple[str, str]]:
    """The filter as a form repeats it, except for what that form asks itself."""
    return [(name, value) for name in KEPT if name not in without and (value := asked.get(name))]


def logged(asked: Mapping[str, str], search: Search) -> dict[str, Any]:
    """The filter for the audit trail: what may be told of it. The text may be somebody's address."""
    return {
        "list": search.list_id,
        "status": Nature.TEST.value if search.tests else search.state,
        "segment": asked.get("segment", "")[:60],
        **{name: asked[name][:20] for name in NARROWING if asked.get(name)},
    }
