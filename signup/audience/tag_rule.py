"""Segments that ask for a tag: which they are, and what becomes of them when two tags are made one."""

from signup.audience.rule import Condition, ConditionGroup, conditions_in
from signup.audience.segment import Segment, segments
from signup.contacts.tag import Tag, move_all

SUBJECT = "tag"


def segments_asking(tag: Tag) -> list[Segment]:
    """The segments in use whose rule asks for a tag."""
    return [one for one in segments() if any(_asks(condition, tag.id) for condition in conditions_in(one.version.rule))]


def merge_tags(tag: Tag, into: Tag, operator_id: int | None = None) -> None:
    """Make two tags one, for contacts and in segments. Needs an open transaction."""
    for segment in segments_asking(tag):
        segment.publish(_instead(segment.version.rule, str(tag.id), str(into.id)), operator_id)
    move_all(tag, into)


def _asks(condition: Condition, tag_id: int) -> bool:
    return condition.subject == SUBJECT and str(tag_id) in condition.values


def _instead(rule: ConditionGroup, old: str, new: str) -> ConditionGroup:
    rules: list[Condition | ConditionGroup] = []
    for node in rule.rules:
        if isinstance(node, ConditionGroup):
            rules.append(_instead(node, old, new))
        elif node.subject == SUBJECT:
            values = dict.fromkeys(new if value == old else value for value in node.values)
            rules.append(node.model_copy(update={"values": tuple(values)}))
        else:
            rules.append(node)
    return rule.model_copy(update={"rules": tuple(rules)})
