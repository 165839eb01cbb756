"""What a condition of a rule can ask of a value, and of anything else."""

from enum import StrEnum
from typing import Protocol


class Op(StrEnum):
    """What a condition asks."""

    IS = "is"
    IS_NOT = "is_not"
    CONTAINS = "contains"
    CONTAINS_NOT = "contains_not"
    BEGINS = "begins"
    ENDS = "ends"
    ANY_OF = "any_of"
    ALL_OF = "all_of"
    NONE_OF = "none_of"
    YES = "yes"
    NO = "no"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    SINCE = "since"
    BEFORE = "before"
    IN_LAST = "in_last"
    NOT_IN_LAST = "not_in_last"
    HAPPENED = "happened"
    NEVER = "never"
    FILLED = "filled"
    EMPTY = "empty"


OPPOSITES = {
    Op.IS_NOT: Op.IS,
    Op.CONTAINS_NOT: Op.CONTAINS,
    Op.NONE_OF: Op.ANY_OF,
    Op.NOT_IN_LAST: Op.IN_LAST,
    Op.NEVER: Op.HAPPENED,
    Op.EMPTY: Op.FILLED,
}
"""Each negative operator and the positive one whose opposite it is."""

WITH_VALUES = {Op.ANY_OF, Op.ALL_OF, Op.NONE_OF}
WITH_DAYS = {Op.IN_LAST, Op.NOT_IN_LAST}
WITH_DAY = {Op.SINCE, Op.BEFORE}
WITH_VALUE = {Op.IS, Op.IS_NOT, Op.CONTAINS, Op.CONTAINS_NOT, Op.BEGINS, Op.ENDS, Op.AT_LEAST, Op.AT_MOST}
MAX_VALUES = 50


class Asked(Protocol):
    """A condition, as far as a kind of value needs to know it: `audience.rule.Condition`."""

    @property
    def op(self) -> Op: ...
    @property
    def value(self) -> str: ...
    @property
    def values(self) -> tuple[str, ...]: ...
    @property
    def days(self) -> int | None: ...
