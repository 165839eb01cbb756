"""A year: a number of four digits. A form asks for one as a number, and says so by its check."""

from typing import Any

from signup.fields.kinds.kind import CellWords, Reader
from signup.fields.kinds.number import Number, number_in
from signup.ground.i18n import _, pgettext

YEARS = range(1000, 2200)


class Year(Number):
    name = "year"
    label = pgettext("kind", "Year")
    asked_as = Number.name
    compared_as = Number.name
    check = "year"

    def read(self, given: Any, options: tuple[str, ...] = ()) -> int | None:
        number = super().read(given, options)
        return None if number is None else _year(number)

    def reader(self, words: CellWords) -> Reader:  # noqa: ARG002  # digits are no words
        return lambda cell: _year(number_in(cell))


def _year(number: float) -> int:
    if number not in YEARS:
        raise ValueError(str(_("Enter a four-digit year.")))
    return int(number)
