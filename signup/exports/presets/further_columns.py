"""Further columns of a preset: what a program's own table has no place for, and its operator wants there anyway."""

from collections.abc import Callable
from dataclasses import replace

from signup.exports.column_labels import label_of
from signup.exports.columns import Column, columns_of
from signup.exports.presets import preset_value
from signup.exports.presets.export_preset import Cell, ExportPreset
from signup.exports.presets.mail_services import PHONE
from signup.exports.presets.person_columns import ANSWER, is_answer, key_of
from signup.exports.presets.vcard_out import NAME as VCARD
from signup.exports.selection import Filter, chosen_in

READ_AS = {"name": "whole_name", "status_at": "state_at"}
"""The record's name of a column, where it has another one."""
TIMES = ("status_at", "signup_at", "confirm_at")


def further_of(preset: ExportPreset, list_id: int, wanted: Filter) -> list[Column]:
    """The columns that can be added to the preset: all of a general file but those it has already."""
    if not preset.takes_further:
        return []
    everything = columns_of(list_id, {name: chosen for name, chosen in wanted.items() if name != "columns"})
    cells = [cell for table in preset.tables for cell in table.cells]
    headings = {cell.heading.casefold() for cell in cells}
    asked = [column.key for column in everything if column.key]
    # A telephone number is read with its country, which the file does not tell by that.
    read = {name for cell in cells for name in (cell.reads[:1] if cell.reads == PHONE else cell.reads)}
    covered = {f"{ANSWER}{key_of(name, asked)}" if is_answer(name) else name for name in read}
    return [one for one in everything if one.name.casefold() not in headings and _read_as(one) not in covered]


def extended(preset: ExportPreset, list_id: int, wanted: Filter) -> ExportPreset:
    """The preset with the columns that were chosen, in each of its tables that has a row for every person."""
    names = chosen_in(wanted)
    cells = tuple(_cell(preset, one) for one in further_of(preset, list_id, wanted) if one.name in names)
    if not cells:
        return preset
    tables = (table if table.once_per else table._replace(cells=(*table.cells, *cells)) for table in preset.tables)
    return replace(preset, tables=tuple(tables))


def _cell(preset: ExportPreset, column: Column) -> Cell:
    heading = label_of(column) if preset.for_people or preset.name == VCARD else column.name
    rule = preset_value.iso_moment if column.name in TIMES and not column.key else preset_value.chosen
    return Cell(heading, (_read_as(column),), _note(heading, rule) if preset.name == VCARD else rule)


def _read_as(column: Column) -> str:
    return f"{ANSWER}{column.key}" if column.key else READ_AS.get(column.name, column.name)


def _note(label: str, rule: Callable[[str], str]) -> Callable[[str], str]:
    """A card has no columns: there each further value is a line of the note, with its label."""
    return lambda text: f"{label}: {said}" if (said := rule(text)) else ""
