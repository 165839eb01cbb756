"""A country, chosen by its name in the reader's language and kept as its ISO 3166-1 code: `CH`."""

from typing import Any, ClassVar

from signup.checks.country import code_of, country_names
from signup.fields.kinds.choice import Choice
from signup.fields.kinds.kind import CellWords, Reader, Widget
from signup.ground.i18n import _, pgettext


class Country(Choice):
    name = "country"
    label = pgettext("kind", "Country")
    compared_as = Choice.name
    widget = Widget.SELECT
    attributes: ClassVar = {"autocomplete": "country"}
    has_options = False
    has_words = False

    def choices(self, language: str) -> tuple[tuple[str, str], ...]:
        return country_names(language)

    def read(self, given: Any, options: tuple[str, ...] = ()) -> str | None:  # noqa: ARG002  # the countries are known
        if given in (None, "", []):
            return None
        code = code_of(given) if isinstance(given, str) else ""
        if not code:
            raise ValueError(str(_("Choose one of the options.")))
        return code

    def reader(self, words: CellWords) -> Reader:  # noqa: ARG002  # every country has its names
        return lambda cell: self.read(cell) or _refuse(cell)


def _refuse(cell: str) -> str:
    raise ValueError(cell)
