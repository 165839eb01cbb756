"""How likely two contacts are the same person: a score from 0 to 100, and the evidence.

No database here; `signup.duplicates.find_duplicates` brings together whom to compare.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

THRESHOLD = 70
"""Pairs from this score on are shown to operators."""
SAME_MAILBOX = 90
# How alike two names must be beside each piece of evidence, and the score the two have together. One household shares
# a phone and a postcode, one office a company: there the name decides.
EVIDENCE = {"phone": (0.72, 92), "birth_date": (0.72, 92), "company": (0.9, 84), "postcode": (0.9, 78)}
ALIKE = 0.86  # what is below costs a point for each hundredth
BESIDES = 5  # for each further thing that agrees
HARDLY = 55  # per cent
AGAINST = {"birth_date": 40, "phone": 5, "postcode": 6, "company": 3}
TITLES = {"dr", "prof", "mr", "mrs", "ms", "herr", "frau", "mme", "monsieur", "madame", "dott", "sig", "ing"}
LEGAL_FORMS = {"ag", "sa", "sarl", "gmbh", "ltd", "llc", "inc", "sas", "spa", "srl", "bv", "nv", "kg", "plc", "co"}


class ComparedPerson(NamedTuple):
    """The values of a contact that are compared. Unknown values are empty."""

    id: int
    name: str
    address: str
    mailbox: str
    """The address as its provider delivers it; see `canonical_mailbox`."""
    phone: str = ""
    postcode: str = ""
    company: str = ""
    birth_date: str = ""


class Likeness(NamedTuple):
    """How alike two contacts are, and why."""

    score: int
    reasons: tuple[str, ...]


NOTHING = Likeness(0, ())


def compare(one: ComparedPerson, other: ComparedPerson) -> Likeness:
    """The likeness of two contacts. A score under `THRESHOLD` is not worth an operator's time."""
    agreeing = [field for field in EVIDENCE if _agree(field, one, other)]
    same_mailbox = one.mailbox == other.mailbox
    if not agreeing and not same_mailbox:
        return NOTHING
    alike = name_likeness(one.name, other.name)
    scores = [score for field, (enough, score) in EVIDENCE.items() if field in agreeing and alike >= enough]
    if same_mailbox and (alike >= 0.7 or not (one.name and other.name)):  # noqa: PLR2004  # or no name to doubt
        scores.append(SAME_MAILBOX)
    elif same_mailbox:
        scores.append(THRESHOLD)
    if not scores:
        return NOTHING
    against = sum(cost for field, cost in AGAINST.items() if _differ(field, one, other))
    score = max(scores) + BESIDES * (len(agreeing) + same_mailbox - 1) + (alike == 1.0) * 3 - against
    score -= 0 if same_mailbox else max(0, round((ALIKE - alike) * 100))
    reasons = ["mailbox"] * same_mailbox + ["name"] * (alike >= EVIDENCE["phone"][0]) + agreeing
    return Likeness(max(0, min(99, score)), tuple(reasons))


def name_likeness(one: str, other: str) -> float:
    """How alike two names are, from 0 to 1. Accents, case, titles and order do not count. Each part needs a similar
    part.
    """
    mine, theirs = name_parts(one), name_parts(other)
    if not mine or not theirs:
        return 0.0
    if len(mine) < 2 or len(theirs) < 2:  # noqa: PLR2004  # a first name alone says little of who it is
        return 0.85 if mine == theirs else 0.0
    if mine == theirs:
        return 1.0
    # Nearly all of a block are nothing alike: that is seen in a tenth of the time that the parts would take.
    if not fuzz.ratio(" ".join(mine), " ".join(theirs), score_cutoff=HARDLY):
        return 0.0
    few, many = sorted((mine, theirs), key=len)
    # The worst part decides: Anna and Peter Meier share a surname, a phone and a postcode.
    worst = _worst(few, many) if len(few) < len(many) else min(_worst(few, many), _worst(many, few))
    return max(worst - 0.02 * (len(many) - len(few)), 0.0)


def _worst(parts: tuple[str, ...], among: tuple[str, ...]) -> float:
    return min(max(_part(part, like) for like in among) for part in parts)


def _part(one: str, other: str) -> float:
    if one[0] == other[0] and 1 in {len(one), len(other)}:
        return 0.9  # an initial
    return max(JaroWinkler.similarity(one, other) - 0.02, fuzz.ratio(one, other) / 100)


@lru_cache(maxsize=4096)
def name_parts(name: str) -> tuple[str, ...]:
    """The parts of a name, sorted: `Élodie  DUPONT-Roy` is ("dupont", "elodie", "roy")."""
    return tuple(sorted(part for part in plain(name).split() if part not in TITLES))


def plain(text: str) -> str:
    """Lower case, without accents and punctuation. ß and ø as people write them on other keyboards."""
    text = text.lower().translate(_SPELLED)
    apart = unicodedata.normalize("NFKD", text)
    return " ".join(re.sub(r"[^\w]|_", " ", "".join(c for c in apart if not unicodedata.combining(c))).split())


_SPELLED = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "’": "", "'": ""})


def digits(phone: str) -> str:
    """The last nine digits, so that a number is the same with and without its country code. Empty below seven."""
    found = re.sub(r"\D", "", phone)
    return found[-9:] if len(found) >= 7 else ""  # noqa: PLR2004


def company_key(company: str) -> str:
    """A company's name without its legal form."""
    words = plain(company).split()
    return " ".join([word for word in words if word not in LEGAL_FORMS] or words)


def postcode_key(postcode: str) -> str:
    """A postal code without its country's letters and spaces."""
    return re.sub(r"^(ch|f|fr|b|be|d|de|a|at|i|it|nl|l|lu)-", "", postcode.lower().strip()).replace(" ", "")


def _agree(field: str, one: ComparedPerson, other: ComparedPerson) -> bool:
    mine: str = getattr(one, field)
    return bool(mine) and mine == getattr(other, field)


def _differ(field: str, one: ComparedPerson, other: ComparedPerson) -> bool:
    mine, theirs = getattr(one, field), getattr(other, field)
    return bool(mine) and bool(theirs) and mine != theirs
