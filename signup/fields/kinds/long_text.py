"""Several lines of text: a message, a remark. Only forms ask for it; no field of the contact database is of it."""

import re
from typing import Any, ClassVar

from signup.fields.kinds.kind import CellWords, Reader, Widget
from signup.fields.kinds.text import Text
from signup.fields.value import refuse_control_characters
from signup.ground.i18n import _, pgettext

MAX_LONG_TEXT = 5_000


class LongText(Text):
    name = "long_text"
    label = pgettext("kind", "Multi-line text")
    compared_as = Text.name
    widget = Widget.AREA
    attributes: ClassVar = {"rows": 5, "maxlength": MAX_LONG_TEXT}
    is_autofilled = False
    is_of_fields = False

    def read(self, given: Any, options: tuple[str, ...] = ()) -> str | None:  # noqa: ARG002  # it has none
        if given is None or given == []:
            return None
        if not isinstance(given, str):
            raise ValueError(str(_("Enter some text.")))  # noqa: TRY004  # a visitor's mistake, not a programmer's
        lines = re.split(r"\r\n|[\r\n\u2028\u2029]", given.strip())
        text = "\n".join(line.rstrip() for line in lines)
        if len(text) > MAX_LONG_TEXT:
            raise ValueError(str(_("Use %(n)s characters or fewer.", n=f"{MAX_LONG_TEXT:,}")))
        refuse_control_characters(text.replace("\n", "").replace("\t", ""))
        return text or None

    def reader(self, words: CellWords) -> Reader:  # noqa: ARG002  # any word will do
        return self.read
