"""The head of the statement that adds proof is written once, and knows its columns."""

import re

import pytest

from signup.consent.consent_event import insert_event
from signup.ground.config import PROJECT

pytestmark = pytest.mark.both_engines


def test_a_statement_that_names_no_column_of_the_proof_fails_at_once() -> None:
    with pytest.raises(TypeError, match="colour"):
        insert_event(id=":id", colour="'blue'")


def test_proof_is_added_by_one_builder_alone() -> None:
    written = re.compile(r"INSERT\s+INTO\s+consent_event", re.IGNORECASE)
    files = [path for path in (PROJECT / "signup").rglob("*.py") if written.search(path.read_text())]
    assert [path.name for path in files] == ["consent_event.py"]
