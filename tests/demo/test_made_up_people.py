"""The same seed makes the same people on any machine; they count, stand in nobody's way, and go without a trace."""

import csv
import io
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select

from signup.addresses.address import parse
from signup.app import create_app
from signup.audience import scoring_round
from signup.audience.index_contacts import index_contacts
from signup.cli.main import main
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.counts.step import StepCount
from signup.counts.tally import Measure, Tally, totals
from signup.demo import crowd
from signup.demo.made_up_people import people
from signup.demo.seed import settle
from signup.duplicates.find_duplicates import search as find_duplicates
from signup.exports.export_file import stream
from signup.ground.db import Base, close_connections, db, transaction
from signup.privacy.purge_unconfirmed import expire
from tests.admin.cast import add_contact
from tests.cast import ADA, make_list
from tests.shared_app import settings_for

TODAY = datetime(2026, 3, 1, tzinfo=UTC)
SIZE = 600
STAYS = {"mailing_list", "form", "form_version", "snapshot", "lead_magnet", "field", "round", "beat"}
FORM_ID = "consent_text_version"  # the form is named by an id that is drawn anew in each database
COUNTS = {"tally", "step_count"}


def ask(app: Flask, *words: str) -> Result:
    return CliRunner().invoke(main, words, obj=lambda: app)


def exported(seed: int) -> list[dict[str, str]]:
    form = settle(())[1]
    assert list(crowd.gather(form, SIZE, seed, TODAY))[-1] == SIZE
    text = b"".join(stream(form.list_id, "csv", {"status": "any"})).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    return [{name: value for name, value in row.items() if name != FORM_ID} for row in rows]


def test_two_databases_with_the_same_seed_export_the_same(
    context: Flask, migrated_sqlite: Path, tmp_path: Path
) -> None:
    here = exported(seed=1)
    other = tmp_path / "other" / "signup.db"
    other.parent.mkdir()
    other.write_bytes(migrated_sqlite.read_bytes())
    elsewhere = create_app(settings_for(f"sqlite:///{other}", other.parent))
    with elsewhere.app_context():
        there = exported(seed=1)
        close_connections()
    assert here == there
    assert len(here) == SIZE


def test_another_seed_makes_others_and_every_address_is_nobodys() -> None:
    one, other = ([person.address for person in islice(people(seed, TODAY), SIZE)] for seed in (1, 2))
    assert one != other
    assert len(set(one)) == SIZE
    for address in one:
        assert parse(address).key == address
        assert address.endswith((".example", "@example.com", "@example.net", "@example.org"))


def test_made_up_people_count_like_anybody_and_go_without_a_trace(context: Flask) -> None:
    form = settle(())[1]
    before = {table.name: _size(table) for table in Base.metadata.sorted_tables}
    list(crowd.gather(form, SIZE, 1, TODAY))
    expire()
    scoring_round.run_round()
    states = dict(db.session.execute(select(Subscription.state, func.count()).group_by(Subscription.state)).all())
    assert sum(states.values()) == SIZE
    assert states == totals(Measure.IN_STATE, form.list_id) == totals(Measure.STANDING)
    assert set(states) >= {"confirmed", "pending", "unsubscribed", "bounced"}
    assert scoring_round.company_counts().usable > 0
    assert find_duplicates().pairs > 0
    assert list(crowd.remove())[-1] == SIZE
    index_contacts()
    for table in Base.metadata.sorted_tables:
        if table.name not in STAYS | COUNTS:
            assert _size(table) == before[table.name], table.name
    for counted in (select(func.sum(Tally.n)).group_by(Tally.measure), select(func.sum(StepCount.n))):
        assert not any(db.session.scalars(counted))


def _size(table: object) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table)) or 0  # type: ignore[arg-type]


def test_the_command_refuses_to_mix_them_with_real_people_unless_told(app: Flask) -> None:
    letter = make_list("own", name="Own")
    with transaction():
        add_contact(letter, ADA)
    refused = ask(app, "demo", "--contacts", "5")
    assert refused.exit_code == 1
    assert "1 real contacts exist" in refused.output
    assert "no form" in ask(app, "demo", "--contacts", "5", "--list", "own", "--force").output
    assert ask(app, "demo", "--contacts", "5", "--force").exit_code == 0
    assert "--remove` first" in ask(app, "demo", "--contacts", "5", "--force").output
    assert "5 demo contacts removed" in ask(app, "demo", "--remove").output
    assert list(db.session.scalars(select(Contact.address))) == [ADA]
