import ast
import csv
import io
import re
from itertools import product

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import ARRAY, String, func, literal, select

from signup.exports.people_csv import csv_text
from signup.files.formula_guard import as_typed_text, guard, guard_sql, unguard
from signup.ground.config import PROJECT
from signup.ground.db import db, is_postgresql

CALCULATES = [
    *(f"{start}1+1" for start in "=+-@\uff1d\uff0b\uff0d\uff20"),
    *("\t=1+1", "\r=1+1", "\n=1+1", "\tname", "\rname"),
    *(" =1+1", "  @SUM(A1)", "\u00a0=1+1", "\u3000\uff1d1+1", "\ufeff=1+1", "\u200b+1+1", "\u2028-1"),
    *('"=1+1"', "'=1+1", "''=1+1", '" =1+1', "'\t=1"),
    *("+1-2", "+41 21-4", "+(41)21", "+41.21", "+SUM(1)", "+", "-5", "--", "- a remark", "=", "@ada"),
]
IS_DATA = [
    *(
        "Ada",
        "Éloïse",
        "Zoë",
        "42",
        "1+1",
        "a=b",
        "ada@example.org",
        "'s-Hertogenbosch",
        "O'Neill",
        '"Q" Ltd',
        "",
        " x",
    ),
    *("+41 21 555 12 34", "+33612345678", "+41\u00a021\u202f555", "(021) 555", "021-555", "〒100", "÷", "\U0001d453"),
]
SIGNS = "'\"=+-@\t\r\n \uff1d\uff0b\uff0d\uff20\u00a0\u200b\u2028\u3000\ufeff0Aé"
TEXTS = st.one_of(st.text(max_size=30), st.text(SIGNS, max_size=6)).filter(lambda text: "\0" not in text)


@pytest.mark.parametrize("text", CALCULATES)
def test_what_a_spreadsheet_could_calculate_gets_an_apostrophe(text: str) -> None:
    assert guard(text) == f"'{text}"


@pytest.mark.parametrize("text", IS_DATA)
def test_what_nobody_could_calculate_stays_as_it_is(text: str) -> None:
    assert guard(text) == text


def test_nothing_before_a_formula_hides_it() -> None:
    blanks_and_quotes = [" ", "\u00a0", "\u2003", "\u3000", "\ufeff", '"', "'", " '", "\v", "\f"]
    for before, start in product(blanks_and_quotes, "=+-@\uff1d\uff0b\uff0d\uff20"):
        assert guard(f"{before}{start}A1") == f"'{before}{start}A1"


@given(TEXTS)
def test_a_guarded_text_is_read_back_and_is_never_guarded_by_less(text: str) -> None:
    assert unguard(guard(text)) == unguard(as_typed_text(text)) == text


def test_a_phone_number_of_an_earlier_file_loses_its_apostrophe() -> None:
    assert unguard("'+41 21 555 12 34") == "+41 21 555 12 34"


@pytest.mark.both_engines
def test_postgresql_guards_as_python_does(context: Flask) -> None:
    if not is_postgresql():
        pytest.skip("SQLite's files pass through Python")
    texts = [*CALCULATES, *IS_DATA, *(f"{first}{rest}A" for first, rest in product(SIGNS, SIGNS))]
    texts += [chr(n) for n in range(1, 0x3100)] + [f"{chr(n)}=1" for n in range(1, 0x3100)]
    given_text = func.unnest(literal(texts, ARRAY(String))).column_valued("text")
    found = db.session.execute(select(given_text, guard_sql(given_text, given_text))).all()
    assert len(found) == len(texts)
    assert [(text, shown) for text, shown in found if shown != guard(text)] == []


def test_every_table_for_people_is_written_through_the_guard() -> None:
    files = [path for room in ("admin", "cli") for path in (PROJECT / "signup" / room).rglob("*.py")]
    assert len(files) > 100
    for path in files:
        names = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
        assert not names & {"writer", "writerow", "writerows", "DictWriter"}, path.name


SECOND_GUARD = re.compile(r"""f"'\{[^}"]*\}(?!')|"'" ?\+|\\\\'" ?\+|["'](?=[=+@-]{3})(?:=|\+|-|@){3}""")
"""An apostrophe put before a text, or a list of what a formula begins with."""


def test_a_second_guard_would_be_found() -> None:
    for line in (
        """f"'{text}" """,
        """"'" + text""",
        """text[0] in "=+-@" """,
        """text.startswith(tuple("=+@-"))""",
    ):
        assert SECOND_GUARD.search(line), line


def test_nothing_but_the_guard_guards() -> None:
    own = PROJECT / "signup" / "files" / "formula_guard.py"
    files = [path for path in (PROJECT / "signup").rglob("*.py") if path != own]
    assert SECOND_GUARD.search(own.read_text())
    assert [path.name for path in files if SECOND_GUARD.search(path.read_text())] == []


def test_a_line_says_what_its_cells_say() -> None:
    text = csv_text(["name", "n"], ["=1+1", -5], ['a "b"', None], [["x", "y"], True])
    assert list(csv.reader(io.StringIO(text))) == [["name", "n"], ["'=1+1", "-5"], ['a "b"', ""], ["x, y", "yes"]]
