"""The file of a preset: people read by the thousand, written column by column, split where the program's limit is.

Everything passes through Python on both engines: a rule is one function, and what it says is the same everywhere.
"""

import re
from collections.abc import Collection, Generator, Iterable, Sequence
from contextlib import closing
from itertools import compress
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select

from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.exports.columns import answers_of, asked_of
from signup.exports.export_file import SHOWN, FileBeginning, copied, typed_batches
from signup.exports.export_stream import PLAIN, ExportStream, ExportTerms
from signup.exports.presets.export_preset import ExportPreset
from signup.exports.presets.further_columns import extended
from signup.exports.presets.person_columns import is_answer, key_of, record_of, sql_of, text_of
from signup.exports.presets.preset_rows import Known, PresetSheet
from signup.exports.selection import Filter, kept_back, rows, taken
from signup.exports.zip_parts import ZipParts
from signup.ground.db import db, is_postgresql

NOBODYS = "-"
LOOKED_AT = 100  # for the preview: some may lack what the program needs
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}  # of COPY's text; others are themselves


def write(list_id: int, preset: ExportPreset, wanted: Filter, outlet: ExportStream, terms: ExportTerms = PLAIN) -> None:
    """Write the file of `preset` for whom `wanted` takes; several in a ZIP beyond the limit of the program.

    What `outlet` raises, e.g. to stop it, ends the work and passes through.
    """
    preset = extended(preset, list_id, wanted)
    places = range(len(preset.tables))
    sheets = [PresetSheet(preset, place, terms.mark, with_proof=terms.with_proof) for place in places]
    with closing(people(list_id, preset, wanted, terms)) as batches:
        if preset.can_split:
            _write_parts(preset, sheets, batches, ZipParts(preset, sheets, outlet, terms.mark))
        else:
            outlet.write(sheets[0].heading)
            for batch in batches:
                known, n = _counted(preset, batch, outlet)
                if n:
                    outlet.write(sheets[0].content(sheets[0].lines(known, n)))
    outlet.flush()


def _write_parts(preset: ExportPreset, sheets: list[PresetSheet], batches: Iterable["Batch"], parts: ZipParts) -> None:
    with parts:
        for batch in batches:
            known, n = _counted(preset, batch, parts.outlet)
            if n:
                for place, sheet in enumerate(sheets):
                    parts.add(place, sheet.lines(known, n))
            parts.outlet.tell_progress()
        parts.finish()


def preview(list_id: int, preset: ExportPreset, wanted: Filter, terms: ExportTerms = PLAIN) -> list[FileBeginning]:
    """Each table's headings and first rows."""
    preset = extended(preset, list_id, wanted)
    keys = _read(list_id, preset, wanted, terms)
    query = _typed(list_id, wanted, keys).limit(LOOKED_AT)
    known, n = _taken(preset, _known(keys, db.session.execute(query).all()))
    shown = []
    for place in range(len(preset.tables)):
        sheet = PresetSheet(preset, place, terms.mark, with_proof=terms.with_proof)
        shown.append(FileBeginning([cell.heading for cell in sheet.cells], sheet.rows(known, n)[:SHOWN]))
    return shown


class Batch(NamedTuple):
    """Some thousand people: what is known of them by its name, each a column of texts; and how many they are."""

    known: Known
    n: int


def people(list_id: int, preset: ExportPreset, wanted: Filter, terms: ExportTerms = PLAIN) -> Generator[Batch]:
    """Everyone wanted, with what the preset reads of them."""
    keys = _read(list_id, preset, wanted, terms)
    if is_postgresql():
        cells = [sql_of(name, key, wanted).label(f"c{place}") for place, (name, key) in enumerate(keys.items())]
        with closing(copied(rows(list_id, wanted, *cells), "FORMAT text")) as chunks:
            for lines in chunks:
                yield Batch(_cut(list(keys), b"".join(lines).decode()), len(lines))
        return
    with closing(typed_batches(_typed(list_id, wanted, keys))) as batches:
        for batch in batches:
            yield _known(keys, batch)


def count(list_id: int, preset: ExportPreset, wanted: Filter) -> int:
    """How many of those wanted have what the preset needs. Raises as `selection.conditions`."""
    asked = asked_of(list_id)
    query = select(func.count()).select_from(Subscription).join(Contact, Contact.id == Subscription.contact_id)
    query = query.where(taken(list_id, wanted))
    keys = {name: _key(name, asked, wanted) for name in preset.needs}
    query = query.where(*(func.trim(sql_of(name, key, wanted)) != "" for name, key in keys.items()))
    return db.session.scalar(query) or 0


def _key(name: str, asked: Collection[str], wanted: Filter) -> str:
    """The key of the answer that says it; of one that stays out of the file, a key that nobody has."""
    key = key_of(name, asked)
    return NOBODYS if key in kept_back(wanted) else key


def _read(list_id: int, preset: ExportPreset, wanted: Filter, terms: ExportTerms) -> dict[str, str]:
    """What the preset reads of each person, and of answers the key."""
    asked = asked_of(list_id)
    cells = [
        cell for place in range(len(preset.tables)) for cell in preset.cells(place, "", with_proof=terms.with_proof)
    ]
    names = dict.fromkeys(["email", *preset.needs, *(name for cell in cells for name in cell.reads)])
    return {name: _key(name, asked, wanted) if is_answer(name) else "" for name in names}


def _typed(list_id: int, wanted: Filter, keys: dict[str, str]) -> Select[Any]:
    # Answers come as one document: SQLite would hand out single ones with their booleans as numbers.
    fixed = (record_of(name, wanted) for name, key in keys.items() if not key)
    return rows(list_id, wanted, answers_of(wanted), *fixed)


def _known(keys: dict[str, str], found: Sequence[Sequence[Any]]) -> Batch:
    """Rows of `_typed` as columns of texts."""
    if not found:
        return Batch({}, 0)
    answers, *fixed = zip(*found, strict=True)
    columns = iter(fixed)
    known = {name: [one.get(key) for one in answers] if key else next(columns) for name, key in keys.items()}
    return Batch({name: list(map(text_of, column)) for name, column in known.items()}, len(found))


def _cut(names: list[str], text: str) -> Known:
    """Lines of COPY's text as columns: one long list is cut much faster than one for each row."""
    cells = text[:-1].replace("\n", "\t").split("\t")
    if "\\" in text:
        cells = [_ESCAPE.sub(_plain, cell) if "\\" in cell else cell for cell in cells]
    return {name: cells[place :: len(names)] for place, name in enumerate(names)}


def _plain(found: re.Match[str]) -> str:
    return _ESCAPED.get(found[1], found[1])


def _counted(preset: ExportPreset, batch: Batch, outlet: ExportStream) -> Batch:
    """Those whom the program can take; the others are counted."""
    taken = _taken(preset, batch)
    outlet.rows += taken.n
    outlet.left_out += batch.n - taken.n
    return taken


def _taken(preset: ExportPreset, batch: Batch) -> Batch:
    if not batch.n or not (preset.needs or preset.plain_local_part):
        return batch
    judged = zip(*(batch.known[name] for name in ("email", *preset.needs)), strict=True)
    is_taken = [_can_take(preset, *cells) for cells in judged]
    known: Known = {name: list(compress(column, is_taken)) for name, column in batch.known.items()}
    return batch if all(is_taken) else Batch(known, sum(is_taken))


def _can_take(preset: ExportPreset, address: str, *needed: str) -> bool:
    if preset.plain_local_part and not (address.isascii() or address.rpartition("@")[0].isascii()):
        return False
    return all(map(str.strip, needed))
