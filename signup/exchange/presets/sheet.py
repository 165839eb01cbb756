"""The rows of a preset's table as text: its headings, its values by their rules, and the bytes of both."""

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import repeat

from signup.exchange.presets import vcard_out
from signup.exchange.presets.preset import Cell, Preset
from signup.exchange.presets.value import protected, reference
from signup.exchange.seen import Seen

Known = dict[str, Sequence[str]]
"""Some people, by what is known of them: each a column of texts."""
Line = tuple[str, ...]
UNACCENTED = "unaccented"


def _unaccented(error: UnicodeError) -> tuple[str, int]:
    """What an older encoding makes of a letter that it lacks: the letter without its accent, else a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = unicodedata.normalize("NFKD", error.object[error.start : error.end])
    return letters.encode("ascii", "ignore").decode() or "?", error.end


codecs.register_error(UNACCENTED, _unaccented)


class Sheet:
    """One table of a preset, of which rows are made by the thousand."""

    def __init__(self, preset: Preset, place: int, mark: str, *, with_proof: bool) -> None:
        self.table = preset.tables[place]
        self.cells = preset.cells(place, mark, with_proof=with_proof)
        self._preset, self._mark = preset, mark
        self._encoding = preset.encoding.removesuffix("-sig")
        self._seen = Seen()

    @property
    def heading(self) -> bytes:
        """What stands before the rows."""
        if self._preset.name == vcard_out.NAME:
            return b""
        mark = codecs.BOM_UTF8 if self._preset.encoding.endswith("-sig") else b""
        return mark + self.content([tuple(cell.heading for cell in self.cells)])

    def lines(self, known: Known, n: int) -> Iterable[Line]:
        """The rows of `n` people; of a table once per something, only of who is the first."""
        found = zip(*(self._column(cell, known, n) for cell in self.cells), strict=True)
        if not self.table.once_per:
            return found
        names = map(reference, known[self.table.once_per])
        return [line for line, name in zip(found, names, strict=True) if name and self._seen.add(name)]

    def _column(self, cell: Cell, known: Known, n: int) -> Iterable[str]:
        if not cell.reads:
            return repeat(cell.constant, n)
        read = [known[name] for name in cell.reads]
        column: Iterable[str] = map(cell.rule, *read) if cell.rule else read[0]
        return map(protected, column) if self._preset.for_people else column

    def content(self, lines: Iterable[Line]) -> bytes:
        """Rows as they stand in the file."""
        if self._preset.name == vcard_out.NAME:
            cards = (vcard_out.card(self._mark, *line[: len(self.table.cells)]) for line in lines)
            return "".join(cards).encode()
        text = io.StringIO()
        csv.writer(text, delimiter=self._preset.delimiter, lineterminator="\r\n").writerows(lines)
        return text.getvalue().encode(self._encoding, UNACCENTED if self._encoding == "cp1252" else "strict")
