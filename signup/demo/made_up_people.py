"""Made-up people, the same for the same seed: names that say so, addresses that cannot exist (RFC 2606), a year.

Pure: what becomes of them in the database is in `crowd`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any, NamedTuple
from uuid import UUID
from zlib import crc32

from signup.consent.subscription import SubscriptionState

FIRST = {
    "fr": ("Camille", "Noé", "Élodie", "Rémi", "Inès", "Gaëlle", "Loïc", "Zoé", "Anaïs", "Théo"),
    "de": ("Anneliese", "Jürg", "Käthe", "Matthias", "Rösli", "Ueli", "Vreni", "Björn", "Heidi", "Lukas"),
    "it": ("Giada", "Nicolò", "Chiara", "Renzo", "Fiorenza", "Ivo", "Noemi", "Tiziano"),
    "nl": ("Femke", "Joris", "Lotte", "Maarten", "Griet", "Wout", "Tine", "Daan"),
}
LAST = {
    "fr": ("Exemple", "Fictif", "Modèle", "Échantillon", "Maquette", "Brouillon", "d’Essai", "Pseudonyme"),
    "de": ("Muster", "Beispiel", "Platzhalter", "Mustermann", "Probst-Muster", "Vorlage", "Übungs"),
    "it": ("Esempio", "Fittizio", "Modello", "Prova", "Campione", "Bozza"),
    "nl": ("Voorbeeld", "Verzonnen", "van der Proef", "Model", "Schets", "Stalen"),
}
PLACES = (
    ("CH", "fr", (("1003", "Lausanne"), ("1204", "Genève"), ("2000", "Neuchâtel"), ("1950", "Sion"))),
    ("CH", "de", (("8001", "Zürich"), ("3011", "Bern"), ("4051", "Basel"), ("6003", "Luzern"))),
    ("CH", "it", (("6900", "Lugano"), ("6500", "Bellinzona"))),
    ("FR", "fr", (("74000", "Annecy"), ("67000", "Strasbourg"), ("33000", "Bordeaux"), ("35000", "Rennes"))),
    ("BE", "fr", (("1000", "Bruxelles"), ("4000", "Liège"), ("5000", "Namur"))),
    ("BE", "nl", (("9000", "Gent"), ("2000", "Antwerpen"), ("8000", "Brugge"))),
)
TRADES = ("Atelier", "Menuiserie", "Librairie", "Garage", "Boulangerie", "Treuhand", "Velohaus", "Drukkerij", "Studio")
FORMS = {"CH": ("SA", "Sàrl", "AG", "GmbH"), "FR": ("SAS", "SARL"), "BE": ("SRL", "BV")}
HEADCOUNTS = ("1", "1", "2-9", "2-9", "2-9", "2-9", "10-49", "10-49", "10-49", "50-249", "50-249", "250-499", "500+")
FUNCTIONS = ("management", "purchasing", "sales", "finance", "it", "production", "staff")
MAILBOXES = ("example.com", "example.net", "example.org")
PLACEMENTS = ("", "", "", "blog", "shop-window", "fair", "partner-letter")
STATES = (
    SubscriptionState.CONFIRMED,
    SubscriptionState.PENDING,
    SubscriptionState.UNSUBSCRIBED,
    SubscriptionState.BOUNCED,
    SubscriptionState.COMPLAINED,
)
WEIGHTS = (78, 2, 14, 5, 1)
YEAR = timedelta(days=365)
OPEN = timedelta(days=6)
"""Who has not confirmed came within the last days: older ones would have been deleted."""
OVER = timedelta(days=9)
"""Whoever has not confirmed by then has been deleted, and only counts are left."""
LOST = {"": 0.38, "shop-window": 0.3, "fair": 0.55, "partner-letter": 0.6}
"""For each sign-up that is still here, how many were never confirmed, by where they came from."""
FATES = (62, 18, 15, 5)
"""Of a hundred of them: unread, opened, bounced, not them."""
A_DAY, SOONEST = timedelta(days=1), timedelta(minutes=30)
LATE, HELD_OUT = 0.1, 0.06
"""Confirmed only after a day; of those whom a reminder was due to, got none on purpose, and did so all the same."""
METHODS = ("link", "link", "link", "same-browser", "code")
TWIN, AT_WORK, MISFIT, VIEWS, TAKES, CALLS = 0.02, 0.45, 0.03, 0.8, 0.6, 0.7
"""Shares: a second address of somebody, works at a company, town and code do not match, and what people did."""
_PLAIN = str.maketrans("àâäçéèêëîïôöûüùòÉÜÖ’ ", "aaaceeeeiioouuuoEUO--")


class Fate(StrEnum):
    """What became of a sign-up that nobody confirmed."""

    UNREAD = "unread"
    OPENED = "opened"
    BOUNCED = "bounced"
    DISOWNED = "disowned"


class LostSignup(NamedTuple):
    """A sign-up that nobody confirmed in time: why, and whether it got a reminder; None: none was due."""

    fate: Fate
    trial: str | None


class Lived(NamedTuple):
    """When what happened; None for what did not."""

    asked: datetime
    viewed: datetime | None
    confirmed: datetime | None
    taken: datetime | None
    ended: datetime | None


@dataclass
class MadeUpPerson:
    """One made-up contact with its story."""

    address: str
    language: str
    answers: dict[str, Any]
    state: SubscriptionState
    placement: str
    method: str
    ip: str
    times: Lived
    lost: list[LostSignup] = field(default_factory=list)
    """Who came on the same day and by the same way, and never confirmed: of them only counts are left."""
    trial: str | None = None
    """Reminded or held out, of those who confirmed after a day."""
    uids: list[UUID] = field(default_factory=list)
    """Contact, subscription, sign-up, then the proof's events."""


def people(seed: int, until: datetime) -> Iterator[MadeUpPerson]:
    """People without end: the same for the same seed and the same day. Their year ends at `until`."""
    rng, used = Random(seed), set[str]()  # noqa: S311  # play, no secret
    before: MadeUpPerson | None = None
    while True:
        is_twin = before is not None and rng.random() < TWIN
        answers, language = (dict(before.answers), before.language) if is_twin and before else _somebody(rng)
        state = rng.choices(STATES, WEIGHTS)[0]
        times, placement = _lived(rng, state, until), rng.choice(PLACEMENTS)
        before = MadeUpPerson(
            address=_address(rng, answers, used, at_work=not is_twin),
            language=language,
            answers=answers,
            state=state,
            placement=placement,
            method=rng.choice(METHODS),
            ip=f"203.0.113.{rng.randrange(1, 255)}",
            times=times,
            lost=_lost(rng, placement) if until - times.asked > OVER else [],
            trial=_trial(rng) if times.confirmed and times.confirmed - times.asked > A_DAY else None,
            uids=[_uid(rng, at) for at in (times.asked, times.asked, times.asked, times.asked, times.asked)],
        )
        before.uids[4:] = [
            _uid(rng, at) for at in (times.asked + timedelta(seconds=3), times.confirmed, times.ended) if at
        ]
        yield before


def _lost(rng: Random, placement: str) -> list[LostSignup]:
    if rng.random() >= LOST.get(placement, LOST[""]):
        return []
    fate = rng.choices(list(Fate), FATES)[0]
    return [LostSignup(fate, _trial(rng) if fate in {Fate.UNREAD, Fate.OPENED} else None)]


def _trial(rng: Random) -> str:
    return "holdout" if rng.random() < HELD_OUT else "reminded"


def _somebody(rng: Random) -> tuple[dict[str, Any], str]:
    country, language, places = rng.choice(PLACES)
    code, city = rng.choice(places)
    if rng.random() < MISFIT:
        city = rng.choice(rng.choice(PLACES)[2])[1]
    answers: dict[str, Any] = {"first_name": rng.choice(FIRST[language]), "last_name": rng.choice(LAST[language])}
    answers |= {"postal_code": code, "city": city, "country": country}
    if rng.random() < AT_WORK:
        answers["company"] = f"{rng.choice(TRADES)} {rng.choice(LAST[language])} {rng.choice(FORMS[country])}"
        answers["function"] = rng.choice(FUNCTIONS)
        # The same for everybody at the firm, whoever is asked.
        answers["headcount"] = HEADCOUNTS[crc32(answers["company"].encode()) % len(HEADCOUNTS)]
    if country == "FR" and rng.random() < CALLS:  # numbers that the regulator (ARCEP) keeps for films
        answers["phone"] = f"+336399{rng.randrange(80_000, 90_000)}"
    return answers, language


def _address(rng: Random, answers: dict[str, Any], used: set[str], *, at_work: bool) -> str:
    host = rng.choice(MAILBOXES)
    if at_work and "company" in answers:
        host = f"{'-'.join(_plain(answers['company']).split('-')[:2])}.example"
    local = f"{_plain(answers['first_name'])}.{_plain(answers['last_name'])}"
    address, number = f"{local}@{host}", 1
    while address in used:
        number += 1
        address = f"{local}{number}@{host}"
    used.add(address)
    return address


def _plain(text: str) -> str:
    return text.translate(_PLAIN).lower().strip("-")


def _lived(rng: Random, state: SubscriptionState, until: datetime) -> Lived:
    """A story that fits how it ended: more people came lately, and most confirm within minutes."""
    if state == SubscriptionState.PENDING:
        asked = until - rng.random() * OPEN
        return Lived(_cut(asked), _cut(asked + timedelta(minutes=4)) if rng.random() < VIEWS / 4 else None, *[None] * 3)
    ended = None
    asked = until - SOONEST - rng.random() ** 1.4 * (YEAR - SOONEST)
    if state != SubscriptionState.CONFIRMED:  # as many leave in any month
        ended = until - rng.random() * (YEAR - A_DAY)
        asked = ended - SOONEST - rng.random() * (YEAR - (until - ended))
    took = timedelta(seconds=20 + min(86_000.0, rng.lognormvariate(5, 1.6)))
    if rng.random() < LATE and until - asked > OVER:
        took = A_DAY + timedelta(minutes=rng.uniform(5, 2_000))
    confirmed = asked + min(took, ((ended or until) - asked) * 0.9)
    taken = confirmed + timedelta(seconds=15 + rng.expovariate(1 / 900)) if rng.random() < TAKES else None
    return Lived(
        _cut(asked),
        _cut(confirmed - timedelta(seconds=9)),
        _cut(confirmed),
        _cut(taken) if taken and taken < until and (ended is None or taken < ended) else None,
        _cut(ended) if ended else None,
    )


def _cut(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _uid(rng: Random, at: datetime) -> UUID:
    """A UUIDv7 of that time, as `clock.uuid7` makes them."""
    value = int(at.timestamp() * 1000) << 80 | rng.getrandbits(80)
    value = value & ~(0xF << 76) | 7 << 76
    return UUID(int=value & ~(0b11 << 62) | 0b10 << 62)
