"""Which list or controller a text names: a consent counts for whom it names (GDPR art. 4(11), recital 42), so a wording
must name the form's own list or controller and no other one.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import select

from signup.checks.legal_form import without_legal_form
from signup.consent.mailing_list import MailingList
from signup.consent.partner import Partner
from signup.ground.db import db

SHORTEST = 3
"""A name of fewer letters is found in too many texts to mean anything."""
_QUOTES, _APOSTROPHES = "\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a", "\u2018\u2019\u02bc"
_DASHES = "\u2010\u2011\u2013\u2014"
_SIGNS = str.maketrans(dict.fromkeys(_APOSTROPHES, "'") | dict.fromkeys(_QUOTES, '"') | dict.fromkeys(_DASHES, "-"))


class NamedParties(NamedTuple):
    """What a text names: whether the list or controller it is for, and the first other one, or an empty string."""

    own: bool
    other: str


class Names:
    """The names of one list and its controller, and those of all others."""

    def __init__(self, own: Iterable[str], others: Iterable[str]) -> None:
        self._own = {_plain(way).casefold() for name in own for way in (name, without_legal_form(name)) if way}
        found = {_plain(way): name for name in others for way in (without_legal_form(name), name)}
        self._others = {
            way: name for way, name in found.items() if len(way) >= SHORTEST and way.casefold() not in self._own
        }
        # An own name may take an ending (“Vaud Digitals”); another's must stand alone. The longest wins, so that
        # “The Letter” is not taken for a list called “Letter”.
        ways = [(way, "") for way in self._own] + [(way, r"(?!\w)") for way in self._others]
        ways.sort(key=lambda way: (-len(way[0]), way[1]))
        choices = "|".join(re.escape(way) + end for way, end in ways)
        self._pattern = re.compile(rf"(?<!\w)(?:{choices})" if choices else r"(?!)", re.IGNORECASE)

    def look(self, text: str) -> NamedParties:
        """What `text` names. A one-word name in the middle of a sentence may be no name (“den Newsletter …”).

        It counts in quotation marks, or in a text that does not name its own list.
        """
        plain = _plain(text)
        found = list(self._pattern.finditer(plain))
        own = any(one[0].casefold() in self._own for one in found)
        by_letters = {way.casefold(): (way, name) for way, name in self._others.items()}
        for one in found:
            way, name = by_letters.get(one[0].casefold(), ("", ""))
            is_quoted = plain[: one.start()].rstrip()[-1:] == '"' == plain[one.end() :].lstrip()[:1]
            is_plain_word = " " not in way and not is_quoted and (own or one[0] != way)
            if name and not is_plain_word:
                return NamedParties(own, name)
        return NamedParties(own, "")


def names_for(of: MailingList, partner_ids: Iterable[int] = ()) -> Names:
    """The names for a form of this list; the partners that it shows itself are no strangers to it."""
    others: list[str] = []
    lists = select(MailingList.name, MailingList.controller).where(MailingList.id != of.id)
    for name, controller in db.session.execute(lists):
        others += [name, controller]
    shown = set(partner_ids)
    others += [one.version.name for one in db.session.scalars(select(Partner)) if one.id not in shown]
    return Names((of.name, of.controller), others)


def _plain(text: str) -> str:
    """Quotation marks, dashes and spaces of one kind."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_SIGNS).split())
