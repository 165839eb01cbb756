"""Makes a run of an uploaded file: guesses how it is read and what each of its columns is."""

from dataclasses import replace
from itertools import islice
from uuid import UUID

from signup.consent.mailing_list import MailingList
from signup.files.import_run import ImportRun
from signup.ground.db import db
from signup.ground.errors import BadFile
from signup.imports import mapping, uploaded_file
from signup.imports.import_choices import Choices
from signup.imports.import_reading import path_of, rows_of
from signup.imports.mapping import Proposal
from signup.imports.meaning.exit_name import state_by_name
from signup.imports.readers import table_file
from signup.imports.readers.table_file import Reading
from signup.imports.uploaded_file import KeptFile


def open_run(
    arrived: KeptFile, name: str, list_id: int, actor: tuple[str, int | None], reading: Reading | None = None
) -> ImportRun:
    """Write down a file that came, with what it probably is. Needs an open transaction. Raises `BadFile`.

    A file that is gone again named somebody who was erased just now.
    """
    try:
        return _open_run(arrived, name, list_id, actor, reading)
    except FileNotFoundError:
        raise BadFile("gone") from None


def _open_run(
    arrived: KeptFile, name: str, list_id: int, actor: tuple[str, int | None], reading: Reading | None
) -> ImportRun:
    run = ImportRun(list_id=list_id, actor=actor[0], operator_id=actor[1], file_name=_plain_name(name))
    run.size, run.sha256 = arrived.size, arrived.sha256
    run.uid = UUID(arrived.path.stem)
    guessed = reading or table_file.guess(arrived.path, is_ours=arrived.is_ours)
    read_as(run, replace(guessed, parts=arrived.parts, part=arrived.part))
    country = db.session.get_one(MailingList, list_id).country
    run.choices = Choices(everyone=_state_by_name(run, arrived.part_name), country=country).as_dict()
    db.session.add(run)
    db.session.flush()
    return run


def read_as(run: ImportRun, reading: Reading) -> None:
    """Read the file of a run this way from now on, and propose a mapping. Raises `BadFile`: nothing is changed."""
    path = path_of(run, reading)
    names = table_file.headings(path, reading)
    total = table_file.count_guess(path, reading, names)
    run.reading, run.headings, run.headings_hash = reading.as_dict(), names, mapping.hash_of(names)
    run.total = total
    run.mapping = propose(run).targets


def take_part(run: ImportRun, part: int) -> None:
    """Read another sheet of a book or file of an archive from now on, as it is guessed. Raises `BadFile`."""
    taken = uploaded_file.choose(uploaded_file.folder() / f"{run.uid}.file", part)
    guessed = table_file.guess(taken.path, is_ours=taken.is_ours)
    read_as(run, replace(guessed, parts=taken.parts, part=taken.part))
    everyone = _state_by_name(run, taken.parts[taken.part])
    run.choices = replace(Choices.of(run.choices), everyone=everyone).as_dict()


def _state_by_name(run: ImportRun, part: str) -> str:
    return state_by_name(part) or state_by_name(run.file_name)


def propose(run: ImportRun) -> Proposal:
    """What each column of a run's file probably is, by its headings and first rows."""
    first = [row.cells for row in islice(rows_of(run), table_file.SAMPLE_ROWS)]
    return mapping.propose(run.headings, run.list_id, first)


def _plain_name(name: str) -> str:
    plain = "".join(char for char in name.replace("\\", "/").rpartition("/")[2] if char.isprintable()).strip()
    return plain[-200:] or "file"
