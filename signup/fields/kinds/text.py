"""One line of text."""

import re
from typing import Any, ClassVar

from signup.fields import text_sql, value_sql
from signup.fields.kinds.kind import CellWords, FieldKind, Reader
from signup.fields.operator import WITH_VALUE, Asked, Op
from signup.fields.value import MAX_TEXT, refuse_control_characters
from signup.fields.value_sql import Of, Sql
from signup.ground.i18n import _, pgettext

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


class Text(FieldKind):
    name = "text"
    label = pgettext("kind", "Text")
    json_types = value_sql.STRING
    operators = (Op.IS, Op.IS_NOT, Op.CONTAINS, Op.CONTAINS_NOT, Op.BEGINS, Op.ENDS, Op.FILLED, Op.EMPTY)
    attributes: ClassVar = {"type": "text", "maxlength": MAX_TEXT}
    is_autofilled = True

    def read(self, given: Any, options: tuple[str, ...] = ()) -> str | None:  # noqa: ARG002  # it has none
        if given is None or given == []:
            return None
        if not isinstance(given, str):
            raise ValueError(str(_("Enter some text.")))  # noqa: TRY004  # a visitor's mistake, not a programmer's
        text = " ".join(given.split())
        if len(text) > MAX_TEXT:
            raise ValueError(str(_("Please shorten this.")))
        refuse_control_characters(text)
        return text or None

    def reader(self, words: CellWords) -> Reader:  # noqa: ARG002  # any word will do
        return text_in

    def check_operand(self, op: Op, value: str) -> None:
        if op in WITH_VALUE and not value:
            raise ValueError("say which text")

    def condition(self, key: str, asked: Asked, of: Of) -> Sql:
        if asked.op == Op.FILLED:
            return value_sql.has_type(key, self.json_types, of)
        return text_sql.meets(value_sql.text_if(key, self.json_types, of), asked)


def text_in(cell: str) -> str:
    text = " ".join(cell.split())
    if len(text) > MAX_TEXT or _CONTROL.search(text):
        raise ValueError
    return text
