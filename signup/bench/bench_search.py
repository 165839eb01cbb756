"""Measures the search: fills a record with people whose names, firms and numbers differ, indexes it, asks by words."""

import random
import statistics
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import quote_plus

from sqlalchemy import func, insert, select, text

from signup.audience.index_contacts import index_some, make_trigrams
from signup.audience.search_text import folded_text
from signup.bench.bench_admin import get, signed_in, timed
from signup.bench.measure import MeasuredRow
from signup.bench.scratch_service import Stage
from signup.contacts.contact import Contact
from signup.ground.db import db, is_postgresql, transaction

ROUNDS = 5
BATCH = 5_000
OLD = 0.1
"""Of this share, the oldest, half are called Maquette: a name that is frequent, and far from the newest."""
FIRST = ("Élodie", "Jean", "Marie", "Paul", "Anna", "Luc", "Noël", "Sophie", "Hans", "Ueli", "Giulia", "Zoé")
PARTS = ("ma", "quet", "te", "du", "pont", "ber", "ger", "mül", "ler", "fa", "vre", "ro", "chat", "bo", "schmid")
FIRMS = ("Boulangerie", "Garage", "Atelier", "Clinique", "Institut", "Fiduciaire", "Menuiserie", "Librairie")
TOWNS = ("Lausanne", "Genève", "Biel", "Bern", "Zürich", "Lyon", "Paris", "Nyon", "Vevey", "Sion")
HOSTS = ("gmail.com",) * 4 + ("bluewin.ch", "hotmail.com", "orange.fr")
QUERIES = (
    *("maquette", "dupont", "elodie", "gmail.com", "boulangerie", "zzqxv", "berger", "rberg", "@schmid", "chatbo"),
    *("0791234", "+41 79 123", "079", "1003", "li", "m", "elodie gmail.com", "anna berger", "maquette bluewin"),
    *("schmid zurich sa", "boulangerie zzqxv", "paul.maquette4"),
)
"""Frequent and rare words, none, parts, numbers, one and two letters, several words."""


def search(stage: Stage, contacts: int) -> list[MeasuredRow]:
    """Fill, index, then ask each page for every query, several rounds."""
    with stage.app.app_context():
        filled = timed(lambda: fill(contacts))
        indexed = timed(_index)
        client = signed_in(stage)
        rows = [
            MeasuredRow(f"search: filled with {contacts:,} contacts", filled, "s"),
            MeasuredRow("search: indexed by a worker, a contact", indexed / contacts * 1e6, "µs"),
            MeasuredRow("search: size of the index", _bytes() / 2**20, "MB"),
        ]
        db.session.remove()
    for name, path in (("search page", "/admin/search"), ("contacts page", "/admin/contacts")):
        slowest = _ask(lambda query, path=path: timed(lambda: get(client, f"{path}?q={quote_plus(query)}")))
        times = sorted(seconds for found in slowest.values() for seconds in found)
        worst = max(slowest, key=lambda query: statistics.median(slowest[query]))
        rows += [
            MeasuredRow(f"{name}: median of {len(QUERIES)} queries", statistics.median(times) * 1000, "ms"),
            MeasuredRow(f"{name}: p95", times[int(len(times) * 0.95)] * 1000, "ms", "< 300, SQLite < 500"),
            MeasuredRow(f"{name}: slowest query “{worst}”", statistics.median(slowest[worst]) * 1000, "ms"),
        ]
    return rows


def _ask(asked: Any) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {query: [] for query in QUERIES}
    for _round in range(ROUNDS):
        for query in QUERIES:
            found[query].append(asked(query))
    return found


def fill(contacts: int) -> None:
    """So many contacts, committed."""
    people = _people(contacts)
    while some := list(islice(people, BATCH)):
        with transaction():
            db.session.execute(insert(Contact), some)
    if is_postgresql():
        with transaction():
            db.session.execute(text("ANALYZE"))


def _people(contacts: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(7)  # noqa: S311  # made-up people
    for number in range(contacts):
        first, last = chance.choice(FIRST), _name(chance)
        if number < contacts * OLD and number % 2:
            last = "Maquette"
        host = chance.choice(HOSTS) if chance.random() < 0.7 else f"{folded_text(last)}.example"  # noqa: PLR2004
        address = f"{folded_text(first)}.{folded_text(last)}{number}@{host}"
        answers = {"first_name": first, "last_name": last}
        if number % 5 < 2:  # noqa: PLR2004
            answers["company"] = f"{chance.choice(FIRMS)} {_name(chance)} {chance.choice(('SA', 'Sàrl', 'AG'))}"
        if number % 2:
            answers["phone"] = f"+417{chance.randint(60_000_000, 99_999_999)}"
            answers |= {"postal_code": str(chance.randint(1000, 9700)), "city": chance.choice(TOWNS)}
        name = f"{first} {last}"
        yield {
            "address": address,
            "address_key": address,
            "address_hash": "",
            "name": name,
            "name_key": name.lower(),
            "answers": answers,
            "standing": "confirmed",
        }


def _name(chance: random.Random) -> str:
    return "".join(chance.choices(PARTS, k=chance.choice((2, 2, 3)))).title()


def _index() -> None:
    while index_some():
        pass
    make_trigrams()


def _bytes() -> int:
    if is_postgresql():
        query = text("SELECT pg_total_relation_size('search_entry')")
        return int(db.session.scalar(query) or 0)
    length = select(func.sum(func.length(text("text")) + 8)).select_from(text("search_entry"))
    return int(db.session.scalar(length) or 0)
