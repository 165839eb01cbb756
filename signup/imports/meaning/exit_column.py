"""Columns that say who left, told by their heading and by what stands in their cells.

A heading such as `unsubscribed_at` or `HasOptedOutOfEmail` is understood at once. One that only may say it, and any
other column whose cells read like exits, is asked about: an exit that nobody mapped must not be lost.
"""

import re
from collections.abc import Collection, Iterable, Sequence

from signup.imports.known_program import IGNORE, NOT_IMPORTED
from signup.imports.meaning.status_word import (
    BOUNCED,
    COMPLAINED,
    EXITS,
    FLAGS,
    PENDING,
    UNSUBSCRIBED,
    exit_in,
    letters,
    says_nothing,
    status_of,
    stem_of,
)

STATUS = "status"
IS_CONFIRMED = "confirmed"
FLAG_TARGETS = (PENDING, UNSUBSCRIBED, BOUNCED, COMPLAINED)
"""Targets whose filled cells are that state."""
MAX_WORDS = 200
"""A column with more different cells than this is no status."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TIMES = re.compile(r"\d[\d\W]*(T[\d\W]+Z?)?|.*\d{4}.*")
_COUNT = re.compile(r"0*(?:[2-9]|[1-9]\d{1,5})")
_OTHER_CHANNEL = re.compile(
    r"\b(sms|phone|telephone|tel|telefon\w*|fax|calls?|appel\w*|whats ?app|push|mobile|viber|voice|letters?|courrier)\b"
)
_MAIL = re.compile(r"\be ?mails?\b|\bnewsletters?\b|\bcourriels?\b")
_BOUNCED = re.compile(
    r"hard ?bounce|\bbounced\b|bounced? ?(at|on|date|time|reason)|\bcleaned?\b|undeliver|unzustellbar|npai"
)
_COMPLAINED = re.compile(r"complain|\babuse\b|spam (report|complain|flag)|marked (as )?spam|plainte|beschwerde|klacht")
_REFUSAL = re.compile(
    r"\b(no|not|non|pas|ne|sans|without|refus\w*|declin\w*|kein\w*|nicht|ohne|geen|niet|zonder|senza|sin|never|jamais)\b"
)
_MAY_BE_EXIT = re.compile(
    r"bounce|rebond|rimbalz|rebot|\bspam\b|delet|disab|archiv|cancel|remov|\bleft\b|\bquit\b|revok|withdr|retrait\b|exclu"
    r"|opposition|object|\bstop\b|block|bloque|sperr|gesperrt|invalid|deaktiv|desactiv|disattiv|inactiv|inaktiv|sortie"
    r"|depart\b|annul|\bbann|kundig|opgezegd|verwijder|gelosch|supprim|eliminat|\bdnc\b|\bfin\b|\bende?\b"
)
_MAY_BE_STATUS = re.compile(
    r"status|\bstate\b|statut|\bstato\b|estado|zustand|subscri|permission|consent|einwilligung|toestemming|consenso|consentimiento"
    r"|opt ?in|accepts|newsletter|mailing|marketing|abonn|inscri|anmeld|angemeldet|ingeschreven|iscri|suscri"
    r"|\bacti[fve]|\baktiv\b|\brgpd\b|\bgdpr\b|\bdsgvo\b|mailable|werbung|autoris|allow"
)


def heading_words(heading: str) -> str:
    """A heading as `letters`, with its humps parted: `HasOptedOutOfEmail` is `has opted out of email`."""
    return letters(_CAMEL.sub(" ", heading))


def target_by_heading(heading: str, cells: Collection[str]) -> str:
    """What a column without a known heading is, if it plainly says who left; else empty."""
    words = heading_words(heading)
    if not words:
        return NOT_IMPORTED
    filled = [cell for cell in cells if not says_nothing(cell)]
    state = _exit_by_words(words)
    if state:
        if _OTHER_CHANNEL.search(words) and not _MAIL.search(words):
            return IGNORE
        return NOT_IMPORTED if any(_COUNT.fullmatch(cell.strip()) for cell in filled) else state
    if not filled or not all(_is_known(cell) for cell in filled):
        return NOT_IMPORTED
    if _MAY_BE_EXIT.search(words):
        return UNSUBSCRIBED if all(letters(cell) in FLAGS for cell in filled) and _MAIL.search(words) else NOT_IMPORTED
    return STATUS if _MAY_BE_STATUS.search(words) and not _OTHER_CHANNEL.search(words) else NOT_IMPORTED


def _exit_by_words(words: str) -> str:
    if _COMPLAINED.search(words):
        return COMPLAINED
    if _BOUNCED.search(words):
        return BOUNCED
    is_refusal = _REFUSAL.search(words) and (_MAIL.search(words) or _MAY_BE_STATUS.search(words))
    return UNSUBSCRIBED if is_refusal or stem_of(words) == UNSUBSCRIBED else ""


def is_status(cells: Collection[str]) -> bool:
    """Whether at least half of some cells are status words; so it is without any."""
    filled = [cell for cell in cells if not says_nothing(cell)]
    return 2 * sum(map(_is_known, filled)) >= len(filled)


def _is_known(cell: str) -> bool:
    return bool(status_of(cell))


def suspects(headings: Sequence[str], targets: Sequence[str], cells: Sequence[Collection[str]]) -> list[str]:
    """The headings of columns that are not imported though they seem to say who left. `cells`: the different cells of
    each column, as far as they are known; none of a column that has too many.
    """
    rows = zip(headings, targets, cells, strict=True)
    return [heading for heading, target, some in rows if target == NOT_IMPORTED and _is_suspect(heading, some)]


def _is_suspect(heading: str, cells: Collection[str]) -> bool:
    words = heading_words(heading)
    if _OTHER_CHANNEL.search(words) and not _MAIL.search(words):
        return False
    filled = [cell for cell in cells if not says_nothing(cell)]
    if _exit_by_words(words):
        return any(exit_in(cell, UNSUBSCRIBED) for cell in filled)
    if _MAY_BE_EXIT.search(words) and any(_TIMES.fullmatch(cell.strip()) for cell in filled):
        return True
    if _MAY_BE_EXIT.search(words) or _MAY_BE_STATUS.search(words):
        return any(status_of(cell) in EXITS for cell in filled)
    return any(stem_of(letters(cell)) for cell in filled)


class ExitCells:
    """The different cells of the columns that are not imported, up to `MAX_WORDS` of each."""

    def __init__(self, targets: Sequence[str]) -> None:
        self._sets: dict[int, set[str]] = {place: set() for place, one in enumerate(targets) if one == NOT_IMPORTED}
        self._width = len(targets)

    def add(self, cells: Sequence[str]) -> None:
        full = []
        for place, some in self._sets.items():
            if place < len(cells):
                some.add(cells[place])
                if len(some) > MAX_WORDS:
                    full.append(place)
        for place in full:
            del self._sets[place]

    def of_each(self) -> list[set[str]]:
        """By column; empty for one that is imported, or has too many."""
        return [self._sets.get(place, set()) for place in range(self._width)]


def columns_of(rows: Iterable[Sequence[str]], width: int) -> list[list[str]]:
    """The cells of each of `width` columns of some rows."""
    found: list[list[str]] = [[] for _place in range(width)]
    for row in rows:
        for place, cell in enumerate(row[:width]):
            found[place].append(cell)
    return found
