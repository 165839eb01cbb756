"""The hot paths write their SQL by hand, and name columns of many tables: a renamed column must fail here, by name.

Every such statement is prepared on a migrated database, which has the columns that the classes have (`test_schema`).
"""

import pkgutil
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from flask import Flask

import signup
from signup.ground import driver_sql
from signup.ground.driver_sql import driver_connection, portable
from signup.imports import import_merge
from signup.imports.statements import import_sql, staging_tables
from signup.limits.turn import CountValues
from signup.signups import confirmation_sql, store_signup_sql
from signup.signups.statement_values import ConfirmationValues, SignupValues

STATEMENT = re.compile(r"\s*(WITH|SELECT|INSERT|UPDATE|DELETE)\b")
PIECES = {"APPEND": "the beginning of a statement: whoever writes a step goes on"}
FILLED = {"{column}": "wording_hash", "{sent}": "message", "{lock}": "", "{more}": "", "{{}}": "{}"}
"""What the code puts into statements that are written with a gap."""
BIGINT, UNKNOWN = 20, 0
"""PostgreSQL's ids of types. It infers all but what stands in a `UNION`."""


CONFIRMING = ("CONFIRM", "BEGIN_SQLITE", "BEFORE_SQLITE", "PROVE_SQLITE", "STEPS_SQLITE", "FORGIVE_SQLITE")


class Unprepared(Exception):
    """The engine does not understand a statement."""


def statements(engine: str) -> Iterator[tuple[str, str]]:
    """Name and text of each statement that stands in a constant of a module that runs SQL on a driver's connection."""
    other = "SQLITE" if engine == "postgresql" else "POSTGRESQL"
    for module in _modules():
        for name, value in vars(module).items():
            texts = value if isinstance(value, tuple) else (value,)
            if name in PIECES or other in name or name.startswith("__"):
                continue
            for text in texts:
                if isinstance(text, str) and STATEMENT.match(text):
                    yield f"{module.__name__}.{name}", _filled(text)
    for name, text in vars(import_sql).items():
        if isinstance(text, str) and STATEMENT.match(text) and other not in name and name != "GIVES":
            for is_bounded in (False, True):
                said = import_merge._statement(name, engine, overwrite=True, is_bounded=is_bounded)
                yield f"import_sql.{name}", said


def _modules() -> Iterator[ModuleType]:
    """The modules that call `run`, and those that hold their statements; `signup.bench` measures, and is left out."""
    for found in pkgutil.walk_packages(signup.__path__, "signup."):
        if found.name.endswith("_sql") and found.name.startswith("signup.signups."):
            yield import_module(found.name)
        elif not found.name.startswith(("signup.__main__", "signup.bench", "signup.worker", "signup.imports")):
            module = import_module(found.name)
            if vars(module).get("run") is driver_sql.run:
                yield module


def _filled(text: str) -> str:
    for gap, filling in FILLED.items():
        text = text.replace(gap, filling)
    return text


def prepare(connection: Any, text: str) -> None:
    """Have the engine look up every table and column, and run nothing."""
    if isinstance(connection, sqlite3.Connection):
        try:
            connection.execute(f"EXPLAIN {portable(text)}", defaultdict(lambda: None))
        except sqlite3.Error as error:
            raise Unprepared(str(error)) from None
        return
    numbered, names = driver_sql._numbered(text)
    types = [BIGINT if name in {"run_id", "list_id"} else UNKNOWN for name in names]
    answer = connection.pgconn.prepare(b"", numbered, types)
    if answer.error_message:
        raise Unprepared(answer.error_message.decode())


def _prepare_import(connection: Any, engine: str) -> None:
    for table, columns in (("import_stage", staging_tables.STAGE), ("import_decided", staging_tables.DECIDED)):
        connection.execute(staging_tables.create(table, columns, engine))
    if isinstance(connection, sqlite3.Connection):
        for name in ("filled", "replaced"):
            connection.create_function(name, 2, lambda ours, _theirs: ours)


def test_every_table_and_column_that_hand_written_sql_names_is_there(context: Flask) -> None:
    wrong: dict[str, str] = {}
    seen: set[str] = set()
    with driver_connection() as connection:
        engine = "sqlite" if isinstance(connection, sqlite3.Connection) else "postgresql"
        _prepare_import(connection, engine)
        for name, text in statements(engine):
            seen.add(name.rpartition(".")[0])
            try:
                prepare(connection, text)
            except Unprepared as error:
                wrong[name] = str(error)
    assert wrong == {}
    assert {"signup.signups.store_signup_sql", "signup.signups.confirmation_sql", "signup.mailer.outbox"} <= seen


def test_a_column_that_is_not_there_is_noticed(context: Flask) -> None:
    with driver_connection() as connection, pytest.raises(Unprepared, match="no_such_column"):
        prepare(connection, "UPDATE signup SET no_such_column = :value WHERE id = :id")


@pytest.mark.one_engine
def test_the_types_name_just_the_values_that_the_statements_of_a_signup_take() -> None:
    counted, read_back = CountValues.__required_keys__, {"state", "standing"}
    assert _asked_of(store_signup_sql, "STORE", "DELIVERED_SQLITE") == SignupValues.__required_keys__ | counted
    assert _asked_of(confirmation_sql, *CONFIRMING) == ConfirmationValues.__required_keys__ | read_back


def _asked_of(module: ModuleType, *names: str) -> set[str]:
    """The parameters of the module's statements whose names begin so."""
    found = [value for name, value in vars(module).items() if name.startswith(names)]
    text = " ".join(part for value in found for part in (value if isinstance(value, tuple) else (value,)))
    return set(re.findall(r"(?<![:\w]):([a-z]\w*)", text))
