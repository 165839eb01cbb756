"""What a preset is: tables of columns, and the limits of the program that reads them. All are in `all_presets`.

A machine's preset is raw: a `'` before `+41…` would break it there. One that people open is safe for a spreadsheet.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from signup.consent.subscription import SubscriptionState


class Whom(StrEnum):
    """Who may be in the file, beside what the operator chose."""

    MAILABLE = "mailable"
    """Confirmed, and not on the stop list."""
    MATCHED = "matched"
    """Mailable, and agreed to ad matching by a box of its own."""
    STOPPED = "stopped"
    """Who must not be mailed: left, bounced, complained, on the stop list."""


class Cell(NamedTuple):
    """A column: its heading, which known things of a person it reads, and the rule that writes them (none: as it is).

    A heading without things to read is a constant, `constant`.
    """

    heading: str
    reads: tuple[str, ...] = ()
    rule: Callable[..., str] | None = None
    constant: str = ""


class Table(NamedTuple):
    """One file of a preset. `once_per`: a row only for the first person with each value of that column's reference."""

    name: str
    cells: tuple[Cell, ...]
    once_per: str = ""


@dataclass(frozen=True)
class ExportPreset:
    """One program's file."""

    name: str
    label: Any
    about: Any
    """What it is for and what the program needs, for the operator."""
    tables: tuple[Table, ...]
    whom: Whom = Whom.MAILABLE
    extension: str = "csv"
    delimiter: str = ","
    encoding: str = "utf-8"
    max_rows: int = 0
    """The most rows of one file, 0: no limit; further ones go to the next file, and all into a ZIP."""
    max_bytes: int = 0
    max_name: int = 120
    for_people: bool = False
    mark: str = ""
    """The heading under which the export's mark may stand in every row; empty where the program knows its columns."""
    takes_proof: bool = False
    """Whether columns with times, IP addresses and wording of the consent may be added."""
    needs: tuple[str, ...] = ()
    """What a person must have to be in it at all."""
    plain_local_part: bool = False
    """The program refuses addresses with letters beyond ASCII before the @."""

    @property
    def takes_further(self) -> bool:
        """Whether further columns may be added. Who agreed to ad matching agreed to be found there, and to no more."""
        return self.whom != Whom.MATCHED

    @property
    def can_split(self) -> bool:
        return bool(self.max_rows or self.max_bytes) or len(self.tables) > 1

    def cells(self, place: int, mark: str, *, with_proof: bool) -> tuple[Cell, ...]:
        """The columns of a table, with the proof and the export's mark where they are wanted and may be."""
        table = self.tables[place]
        proof = PROOF if with_proof and self.takes_proof and not table.once_per else ()
        marked = (Cell(self.mark, constant=mark),) if self.mark and mark else ()
        return (*table.cells, *proof, *marked)


PROOF = tuple(
    Cell(name, (name,))
    for name in ("signup_at", "signup_ip", "confirm_at", "confirm_ip", "consent_text_version", "consent_text_hash")
)
AD_MATCHING = "ad-matching"
"""The short name of the partner whose box is the consent to ad matching."""
WANTED: dict[Whom, dict[str, object]] = {
    Whom.MAILABLE: {"status": SubscriptionState.CONFIRMED.value, "mailable": True},
    Whom.MATCHED: {"status": SubscriptionState.CONFIRMED.value, "mailable": True, "agreed_to": AD_MATCHING},
    Whom.STOPPED: {"status": "stopped"},
}
