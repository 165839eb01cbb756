"""What is deleted is one list: the worker's chores and the docs follow it."""

import re

from flask import Flask

from signup.ground.config import PROJECT, Settings
from signup.ground.db import Base
from signup.privacy import retention
from signup.privacy.retention import RETENTION


def test_the_page_shows_the_list_as_it_is() -> None:
    page = (PROJECT / "docs" / "retention.md").read_text()
    assert retention.table() in page


def test_the_worker_does_each_rule_by_a_chore_of_its_name(app: Flask) -> None:
    chores = {chore.name: chore for chore in app.extensions["signup.chores"]}
    assert len(chores) == len(app.extensions["signup.chores"]), "two chores would share one beat"
    for rule in RETENTION:
        assert chores[rule.chore].work == rule.run


def test_a_rule_names_tables_and_settings_that_exist() -> None:
    for rule in RETENTION:
        for name in re.split(r", ", rule.table):
            assert name.endswith("/") or name in Base.metadata.tables, rule
        assert not isinstance(rule.after, str) or rule.after in Settings.model_fields, rule


def test_the_names_of_beats_in_the_database_stay() -> None:
    known = {"expire", "tests", "forget", "enquiries", "held", "counters", "domains", "till-sessions"}
    known |= {"sign-in-waits", "challenges", "exports", "imports"}
    assert known <= {rule.chore for rule in RETENTION}
