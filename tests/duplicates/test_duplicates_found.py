import json
import random
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import insert, select, update

from signup.cli.main import main
from signup.contacts.contact import Contact
from signup.duplicates import find_duplicates
from signup.duplicates.duplicate import Duplicate, PairState
from signup.duplicates.merge import ContactMerge
from signup.ground.clock import uuid7
from signup.ground.db import db, transaction
from tests.admin.cast import add_contact
from tests.cast import make_list

pytestmark = pytest.mark.both_engines

FIRST = "Ada Alan Grace Edsger Barbara Donald Frances John Kathleen Niklaus Radia Tim Élodie Jürgen Søren".split()  # noqa: SIM905
LAST = (  # noqa: SIM905  # names read better in a row
    "Lovelace Turing Hopper Dijkstra Liskov Knuth Allen Backus Booth Wirth Perlman Lee Dupont Müller Kierkegaard Roy"
    " Schmid Favre Rochat Ammann Bianchi Rossi Conti Gerber Wyss Moser Baumann Frei Weber Keller"
).split()
PAIRS = 50


def crowd(n: int, seed: int) -> Iterator[dict[str, object]]:
    """People as they come: few names, many postcodes, every other with a phone, some with a company."""
    draw = random.Random(seed)
    for i in range(n):
        name = f"{draw.choice(FIRST)} {draw.choice(LAST)}{draw.choice(['', '', '-' + draw.choice(LAST)])}"
        answers: dict[str, object] = {"postcode": str(draw.randrange(1000, 9700))}
        if i % 2:
            answers["phone"] = f"+41 79 {draw.randrange(10**6, 10**7)}"
        if i % 5 == 0:
            answers["company"] = f"{draw.choice(LAST)} {draw.choice(['AG', 'SA', 'GmbH'])} {draw.randrange(300)}"
        yield made(f"p{i}@{draw.choice(['gmail.com', 'example.org', 'post.example'])}", name, answers)


def made(address: str, name: str, answers: dict[str, object]) -> dict[str, object]:
    return {
        "uid": uuid7(),
        "address": address,
        "address_key": address.lower(),
        "address_hash": "",
        "name": name,
        "name_key": name.lower(),
        "answers": answers,
        "standing": "confirmed",
    }


def twins(n: int) -> Iterator[tuple[dict[str, object], dict[str, object]]]:
    """One person in two spellings, in ten ways."""
    for i in range(n):
        first, last = f"Quentin{chr(97 + i % 26)}", f"Zweifel{chr(97 + i // 26)}{'abcdefghij'[i % 10]}"
        place: dict[str, object] = {"postcode": "2503"}
        phone: dict[str, object] = {"phone": f"+41 79 555 {i:02} 11"}
        born: dict[str, object] = {"birth_date": f"19{50 + i % 50}-02-03"}
        work: dict[str, object] = {"company": f"Uhren {i} AG"}
        name = f"{first} {last}"
        ways: list[tuple[str, str, dict[str, object], dict[str, object]]] = [
            (f"q.twin{i}@gmail.com", name, {}, {}),  # the same mailbox, no value differs: certain
            (f"qtwin{i}+news@gmail.com", name, place, {}),
            (f"other{i}@post.example", f"{last} {first}", place, place),
            (f"other{i}@post.example", name.replace("ei", "e"), place, place),
            (
                f"other{i}@post.example",
                name.replace("Quen", "Kwen"),
                phone,
                {"phone": f"079/555{i:02}11"},
            ),
            (f"other{i}@post.example", f"Dr. {name}", born, born),
            (f"other{i}@post.example", name.upper(), work, {"company": f"UHREN {i} ag"}),
            (f"other{i}@post.example", name.replace("Z", "S"), {**phone, **place}, {**phone, **place}),
            (f"other{i}@post.example", f"{first[0]}. {last}", phone, phone),
            (f"qtwin{i}+a@gmail.com", "", {}, {}),
        ]
        address, spelled, mine, theirs = ways[i % len(ways)]
        yield made(f"qtwin{i}@gmail.com", name, mine), made(address, spelled, theirs)


def test_fifty_pairs_among_ten_thousand_are_found_and_none_is_merged_by_mistake(context: Flask) -> None:
    pairs = list(twins(PAIRS))
    traps = [
        made("anna.meier@gmail.com", "Anna Meier", {"postcode": "2504"}),
        made("annameier@gmail.com", "Annette Meier", {"postcode": "2504"}),
        made("max.frei@gmail.com", "Max Frei", {"birth_date": "1950-01-01"}),
        made("maxfrei@gmail.com", "Max Frei", {"birth_date": "1980-01-01"}),
    ]
    people = [*crowd(10_000 - 2 * PAIRS - len(traps), seed=7), *traps, *(one for pair in pairs for one in pair)]
    random.Random(3).shuffle(people)
    with transaction():
        db.session.execute(insert(Contact), people)
    ids = {key: id_ for key, id_ in db.session.execute(select(Contact.address_key, Contact.id))}  # noqa: C416
    true = {frozenset(ids[str(one["address_key"])] for one in pair) for pair in pairs}
    searched = find_duplicates.search()
    found = {frozenset((row.first_id, row.second_id)) for row in db.session.scalars(select(Duplicate))}
    assert len(true & found) >= 0.95 * PAIRS, sorted(map(sorted, true - found))
    assert searched.pairs == searched.new == len(found)
    assert find_duplicates.search().new == 0
    certain = {frozenset((one.id, other.id)) for one, other in find_duplicates.certain()}
    assert certain
    assert certain <= true
    trapped = [frozenset(ids[str(one["address_key"])] for one in traps[n : n + 2]) for n in (0, 2)]
    assert not certain & set(trapped)


def test_what_an_operator_decided_is_not_asked_again(context: Flask) -> None:
    with transaction():
        db.session.execute(
            insert(Contact),
            [made("a.da@gmail.com", "Ada", {}), made("ada@gmail.com", "Ada", {}), made("ada+1@gmail.com", "Ada", {})],
        )
    assert find_duplicates.search() == (3, 3, 0)
    with transaction():
        first = db.session.scalars(select(Duplicate).order_by(Duplicate.id)).first()
        assert first is not None
        first.state = PairState.APART
    assert find_duplicates.search().new == 0
    assert db.session.scalar(select(db.func.count(Duplicate.id)).where(Duplicate.state == "open")) == 2
    with transaction():
        db.session.execute(update(Contact).where(Contact.address_key == "ada+1@gmail.com").values(address_key="x@y.z"))
    assert find_duplicates.search().gone >= 1
    assert {row.state for row in db.session.scalars(select(Duplicate))} >= {"apart"}


def test_the_console_tells_first_and_merges_only_what_is_certain(app: Flask) -> None:
    letter = make_list()
    with transaction():
        for address, answers in (
            ("ada.l@gmail.com", {"first_name": "Ada"}),
            ("adal@gmail.com", {"first_name": "Ada", "city": "Bern"}),
            ("adal+shop@gmail.com", {"first_name": "Ada"}),
            ("a.dal@gmail.com", {"first_name": "Alda"}),
        ):
            add_contact(letter, address, str(answers["first_name"])).answers = answers

    def run(*words: str) -> list[dict[str, object]]:
        done = CliRunner().invoke(main, ["dedupe", "--json", *words], obj=lambda: app)
        assert done.exit_code == 0, done.output
        found: list[dict[str, object]] = json.loads(done.output)
        return found

    assert len(run("--dry-run")) == 6
    assert db.session.scalar(select(db.func.count(Duplicate.id))) == 0
    assert run() == [{"pairs": 6, "new": 6, "gone": 0}]
    assert run("--merge-certain")[0]["merged"] == 1
    merge = db.session.scalars(select(ContactMerge)).one()
    assert db.session.get_one(Contact, merge.survivor_id).answers == {"first_name": "Ada", "city": "Bern"}
    assert merge.actor == "console"
    assert run("--merge-certain")[0] == {"pairs": 3, "new": 0, "gone": 2, "merged": 0}
    wrong = CliRunner().invoke(main, ["dedupe", "--dry-run", "--merge-certain"], obj=lambda: app)
    assert wrong.exit_code == 2
