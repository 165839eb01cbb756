"""What the offline checks say of a file's rows: counted and told beside what becomes of them. No row is refused."""

from collections import Counter
from collections.abc import Iterable, Mapping

from signup.contacts.check import check_answers
from signup.exchange.incoming import Incoming

PREFIX = "check:"


def looked_at(rows: Iterable[Incoming], country: str, checks: Mapping[str, str]) -> Counter[str]:
    """How many answers of some rows each check finds wrong, as `check:postal_code:mismatch`."""
    found: Counter[str] = Counter()
    for one in rows:
        looks = check_answers(one.answers, country, checks)
        found.update(f"{PREFIX}{checks[look.key]}:{look.checked.verdict}" for look in looks if not look.checked.is_ok)
    return found
