"""The bytes of an export in each format, from the database to an open file with constant memory."""
# ruff: noqa: A002 – `format` and `filter` are the run's own words

import csv
import io
import json
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, String, func, literal, select

from signup.consent.mailing_list import MailingList
from signup.consent.subscription import Subscription
from signup.exports.column_labels import labels_of
from signup.exports.columns import (
    Column,
    answers_of,
    columns_of,
    for_machines,
    for_machines_sql,
    for_people,
    for_people_sql,
    plain,
)
from signup.exports.export_stream import PLAIN, ExportStream, ExportTerms
from signup.exports.masking import masked
from signup.exports.partner_selection import partner_rows
from signup.exports.selection import Filter, rows
from signup.exports.workbook_out import WorkbookOut
from signup.ground.db import db, is_postgresql
from signup.ground.dialect import Json

EXTENSIONS = {"csv": "csv", "csv-excel": "csv", "xlsx": "xlsx", "jsonl": "jsonl"}
DELIMITERS = {"csv": ",", "csv-excel": ";"}
BOM = b"\xef\xbb\xbf"  # what tells Excel that a CSV is UTF-8
CHUNK_ROWS = 2_000
SHOWN = 5


class Chunk(NamedTuple):
    """Some whole lines of a file."""

    rows: int
    content: bytes


def stream(list_id: int, format: str, filter: Filter, terms: ExportTerms = PLAIN) -> Generator[bytes]:
    """A CSV or JSON Lines file piece by piece, e.g. for a response."""
    for chunk in _chunks(list_id, format, filter, terms):
        yield chunk.content


def write(list_id: int, format: str, filter: Filter, outlet: ExportStream, terms: ExportTerms = PLAIN) -> None:
    """Write a file of any format. What `outlet` raises, e.g. to stop it, ends the work and passes through."""
    if format == "xlsx":
        _write_workbook(list_id, filter, outlet, terms)
    else:
        with closing(_chunks(list_id, format, filter, terms)) as chunks:
            for chunk in chunks:
                outlet.rows += chunk.rows
                outlet.write(chunk.content)
    outlet.flush()


def _chunks(list_id: int, format_: str, wanted: Filter, terms: ExportTerms) -> Generator[Chunk]:
    columns = _columns(list_id, wanted, terms)
    is_copied = is_postgresql() and not terms.is_masked
    if format_ == "jsonl":
        yield from (_copied_json if is_copied else _formatted_json)(list_id, wanted, columns, terms)
        return
    delimiter = DELIMITERS[format_]
    heading = _csv([column.name for column in columns], delimiter=delimiter)
    yield Chunk(0, (BOM if format_ == "csv-excel" else b"") + heading)
    if is_copied:
        yield from _copied_csv(list_id, wanted, columns, delimiter)
    else:
        for batch in _batches(list_id, wanted, columns, terms):
            yield Chunk(len(batch), _csv(*(map(for_people, row) for row in batch), delimiter=delimiter))


def _columns(list_id: int, wanted: Filter, terms: ExportTerms) -> list[Column]:
    marked = [Column("export_id", literal(terms.mark, String()))] if terms.mark else []
    return [*columns_of(list_id, wanted), *marked]


def _copied_csv(list_id: int, wanted: Filter, columns: Sequence[Column], delimiter: str) -> Iterator[Chunk]:
    """CSV as PostgreSQL itself writes it, guard included: several times faster than by way of Python's values."""
    order, *cells = _raw(list_id, wanted, columns)
    query = select(*map(for_people_sql, cells)).order_by(order)
    return _copy(query, f"FORMAT csv, DELIMITER '{delimiter}'", b"\r\n")  # RFC 4180's line end


def _copied_json(list_id: int, wanted: Filter, columns: Sequence[Column], _terms: ExportTerms) -> Iterator[Chunk]:
    order, *cells = _raw(list_id, wanted, columns)
    named = (for_machines_sql(cell).label(column.name) for column, cell in zip(columns, cells, strict=True))
    row = select(*named).order_by(order).subquery("row")
    for chunk in _copy(select(func.row_to_json(row.table_valued())), "FORMAT text", b"\n"):
        # COPY doubles backslashes. Whatever else it escapes, JSON has escaped before.
        yield Chunk(chunk.rows, chunk.content.replace(b"\\\\", b"\\"))


def _raw(list_id: int, wanted: Filter, columns: Sequence[Column]) -> Iterable[ColumnElement[Any]]:
    """The id of each subscription and what the columns read of it, as the columns of a subquery."""
    cells = (column.value.label(f"c{n}") for n, column in enumerate(columns))
    # OFFSET 0 keeps the two steps apart: else each value would be dug out of its JSON again for every comparison.
    return _rows(list_id, wanted, Subscription.__table__.c.id, *cells).offset(0).subquery().c


def _rows(list_id: int, wanted: Filter, *cells: ColumnElement[Any]) -> Select[Any]:
    return (partner_rows if wanted.get("partner") else rows)(list_id, wanted, *cells)


def _copy(query: Select[Any], options: str, line_end: bytes) -> Iterator[Chunk]:
    for lines in copied(query, options):
        yield Chunk(len(lines), b"".join([line[:-1] + line_end for line in lines]))


def copied(query: Select[Any], options: str) -> Generator[list[bytes]]:
    """The lines of PostgreSQL's COPY, some thousand at a time."""
    with db.engine.connect() as connection:
        tune(connection)
        statement = query.compile(connection, compile_kwargs={"render_postcompile": True})
        cursor = connection.connection.cursor()
        with cursor.copy(f"COPY ({statement}) TO STDOUT ({options})", _bound(statement)) as copy:
            # The protocol sends one message a row. As bytes: thousands of views would keep the garbage collector busy.
            rows = map(bytes, copy)
            while lines := list(islice(rows, CHUNK_ROWS)):
                yield lines


def _bound(statement: Any) -> dict[str, Any]:
    """The parameters of a compiled query as the driver takes them: a document, which a rule compares with, as JSON."""
    found = dict(statement.params)
    for name, bind in statement.binds.items():
        if isinstance(bind.type, Json) and name in found:
            process = bind.type.dialect_impl(statement.dialect).bind_processor(statement.dialect)
            found[name] = process(found[name]) if process else found[name]
    return found


def _csv(*lines: Any, delimiter: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode()


def _formatted_json(list_id: int, wanted: Filter, columns: Sequence[Column], terms: ExportTerms) -> Iterator[Chunk]:
    names = [column.name for column in columns]
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=for_machines).encode
    for batch in _batches(list_id, wanted, columns, terms):
        lines = (encode(dict(zip(names, row, strict=True))) for row in batch)
        yield Chunk(len(batch), "".join(f"{line}\n" for line in lines).encode())


def _write_workbook(list_id: int, wanted: Filter, outlet: ExportStream, terms: ExportTerms) -> None:
    columns = _columns(list_id, wanted, terms)
    title = db.session.get_one(MailingList, list_id).name
    with (
        WorkbookOut(outlet, columns, title, terms.mark) as book,
        closing(_batches(list_id, wanted, columns, terms)) as batches,
    ):
        for batch in batches:
            book.add(batch)
            outlet.rows += len(batch)
            outlet.tell_progress()


def _batches(list_id: int, wanted: Filter, columns: Sequence[Column], terms: ExportTerms) -> Generator[Sequence[Any]]:
    """Rows of Python values, some thousand at a time, from a cursor that stays in the database."""
    for batch in typed_batches(_query(list_id, wanted, columns)):
        yield _finished(columns, batch, terms)


def _query(list_id: int, wanted: Filter, columns: Sequence[Column]) -> Select[Any]:
    # Answers come as one document: SQLite would hand out single ones with their booleans as numbers.
    fixed = (column.value for column in columns if not column.key)
    return _rows(list_id, wanted, answers_of(wanted), *fixed)


def _finished(columns: Sequence[Column], batch: Iterable[Any], terms: ExportTerms) -> list[list[Any]]:
    rows = [_in_order(columns, *row) for row in batch]
    return [masked(columns, row) for row in rows] if terms.is_masked else rows


def typed_batches(query: Select[Any]) -> Generator[Sequence[Any]]:
    """The rows of a query, some thousand at a time."""
    with db.engine.connect() as connection:
        tune(connection)
        with connection.execution_options(yield_per=CHUNK_ROWS).execute(query) as result:
            yield from result.partitions()


class FileBeginning(NamedTuple):
    """The beginning of a table."""

    headings: list[str]
    lines: list[tuple[str, ...]]


def beginning(list_id: int, format: str, filter: Filter, terms: ExportTerms) -> FileBeginning:
    """The headings and the first rows of a general format, as people read them."""
    columns = _columns(list_id, filter, terms)
    query = _query(list_id, filter, columns).limit(SHOWN)
    rows = _finished(columns, db.session.execute(query), terms)
    headings = labels_of(columns) if format == "xlsx" else [column.name for column in columns]
    return FileBeginning(headings, [tuple(map(plain, row)) for row in rows])


def _in_order(columns: Sequence[Column], answers: dict[str, Any], *fixed: Any) -> list[Any]:
    values = iter(fixed)
    return [answers.get(column.key) if column.key else next(values) for column in columns]


def tune(connection: Connection) -> None:
    """Set a connection for one long read."""
    if is_postgresql():
        # Long, wide joins: compiling them costs a second and wins nothing, hashing them in 4 MB spills to disk.
        connection.exec_driver_sql("SET LOCAL jit = off")
        connection.exec_driver_sql("SET LOCAL work_mem = '64MB'")
