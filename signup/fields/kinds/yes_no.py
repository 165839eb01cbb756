"""Yes or no."""

from typing import Any, ClassVar

from sqlalchemy import func

from signup.fields import value_sql
from signup.fields.kinds.kind import CellWords, FieldKind, Reader, Widget
from signup.fields.operator import Asked, Op
from signup.fields.value_sql import Of, Sql
from signup.ground.db import is_postgresql
from signup.ground.i18n import _, pgettext

YES = {"yes", "y", "true", "1", "x", "on", "oui", "o", "vrai", "ja", "j", "wahr", "waar", "si", "sì", "vero"}
NO = {"no", "n", "false", "0", "off", "non", "faux", "nein", "falsch", "nee", "onwaar", "falso"}
_ANSWERS = {True: True, False: False, "yes": True, "on": True, "true": True, "no": False, "false": False}


class YesNo(FieldKind):
    name = "yes_no"
    label = pgettext("kind", "Yes or no")
    json_types = value_sql.BOOLEAN
    operators = (Op.YES, Op.NO, Op.FILLED, Op.EMPTY)
    widget = Widget.BOX
    attributes: ClassVar = {"type": "checkbox", "value": "yes"}
    has_words = True

    def read(self, given: Any, options: tuple[str, ...] = ()) -> bool | None:  # noqa: ARG002  # it has none
        if given in (None, ""):
            return None
        if isinstance(given, list | dict) or given not in _ANSWERS:
            raise ValueError(str(_("Answer yes or no.")))
        return _ANSWERS[given]

    def reader(self, words: CellWords) -> Reader:
        def read(cell: str) -> bool | str:
            word = words.meant.get(cell.strip().lower(), cell)
            return yes_or_no_in(word) if word else word

        return read

    def condition(self, key: str, asked: Asked, of: Of) -> Sql:
        if asked.op == Op.FILLED:
            return value_sql.has_type(key, self.json_types, of)
        if is_postgresql():
            return value_sql.contains({key: asked.op == Op.YES}, of)
        return func.json_type(of, value_sql.path_of(key)) == ("true" if asked.op == Op.YES else "false")


def yes_or_no_in(cell: str) -> bool:
    word = cell.strip().lower()
    if word not in YES | NO:
        raise ValueError
    return word in YES
