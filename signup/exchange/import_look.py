"""What the offline checks say of a file's rows: counted and told beside what becomes of them. No row is refused."""

from collections import Counter
from collections.abc import Iterable

from signup.contacts.check import ANSWERS, check_answers
from signup.exchange.incoming import Incoming

PREFIX = "check:"


def looked_at(rows: Iterable[Incoming], country: str) -> Counter[str]:
    """How many answers of some rows each check finds wrong, as `check:postal_code:mismatch`."""
    found: Counter[str] = Counter()
    for one in rows:
        if one.answers.keys() & ANSWERS.keys():
            looks = check_answers(one.answers, country)
            found.update(
                f"{PREFIX}{ANSWERS[look.key]}:{look.checked.verdict}" for look in looks if not look.checked.is_ok
            )
    return found
