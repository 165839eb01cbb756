"""A telephone number, kept as it was typed until the check of telephone numbers writes it as `+41791234567`."""

from typing import Any, ClassVar

from signup.fields.kinds.kind import CellWords, Reader
from signup.fields.kinds.text import Text, text_in
from signup.ground.i18n import _, pgettext

MIN_DIGITS, MAX_PHONE = 3, 40


class Phone(Text):
    name = "phone"
    label = pgettext("kind", "Phone number")
    compared_as = Text.name
    checked_as = "phone"
    attributes: ClassVar = {"type": "tel", "inputmode": "tel", "autocomplete": "tel", "maxlength": MAX_PHONE}
    typed: ClassVar = {"type": "tel", "inputmode": "tel"}

    def read(self, given: Any, options: tuple[str, ...] = ()) -> str | None:
        text = super().read(given, options)
        if text and sum(map(str.isdigit, text)) < MIN_DIGITS:
            raise ValueError(str(_("This is not a phone number.")))
        if text and len(text) > MAX_PHONE:
            raise ValueError(str(_("Please shorten this.")))
        return text

    def reader(self, words: CellWords) -> Reader:  # noqa: ARG002  # digits are no words
        return lambda cell: self.read(text_in(cell)) or ""
