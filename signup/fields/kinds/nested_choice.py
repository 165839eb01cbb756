"""One entry of a list that may be long and nested, kept as the entry's code. A form asks for one as a choice."""

from signup.fields.kinds.choice import Choice, option_in
from signup.fields.kinds.kind import CellWords, Reader
from signup.ground.i18n import pgettext


class Catalogue(Choice):
    name = "catalogue"
    label = pgettext("kind", "Catalogue")
    asked_as = Choice.name
    compared_as = Choice.name

    def reader(self, words: CellWords) -> Reader:
        return lambda cell: option_in(words.options, cell)
