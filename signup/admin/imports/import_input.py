"""What an operator types about an import: the file, how it is read, and what is so for all of it."""

from typing import Any

from wtforms import (
    BooleanField,
    SelectField,
    TextAreaField,
)
from wtforms.validators import Length

from signup.admin.frame.country_choice import countries
from signup.admin.frame.inputs import REQUIRED, Input, choices
from signup.ground.i18n import _
from signup.imports.import_choices import Choices
from signup.imports.meaning.time_text import DAY_FIRST, MONTH_FIRST
from signup.imports.readers.encoding import ENCODINGS

FROM_1904 = "1904"
EVERYONE = {
    "": _("As stated in each row"),
    "unsubscribed": _("Everyone unsubscribed"),
    "bounced": _("Emails to everyone bounced"),
    "complained": _("Everyone complained"),
    "pending": _("Nobody has confirmed yet"),
}
DATES = {
    "": _("As the column suggests"),
    DAY_FIRST: _("Day first: 04/03 is 4 March"),
    MONTH_FIRST: _("Month first: 04/03 is 3 April"),
    FROM_1904: _("Dates counted from 1904"),
}


class ImportInput(Input):
    mailing_list = SelectField(_("List"), [REQUIRED], description=_("Which list to add people to."))
    origin = SelectField(
        _("Where the people come from"),
        [REQUIRED],
        default="claim",
        description=_("Only a record of each person’s opt-in makes them confirmed. Everyone else gets no emails."),
    )
    pasted = TextAreaField(
        _("Or paste rows"),
        [Length(max=500_000)],
        description=_("One person per line, or a table with headings copied from a spreadsheet."),
    )
    overwrite = BooleanField(_("Let the file overwrite existing values"))


class ReadingInput(Input):
    encoding = SelectField(_("Encoding"), choices=choices(ENCODINGS.items()))
    delimiter = SelectField(
        _("Delimiter"),
        choices=choices([(",", _("Comma")), (";", _("Semicolon")), ("\t", _("Tab")), ("|", _("Vertical bar"))]),
    )
    quote = SelectField(_("Quotes"), choices=choices([('"', '"'), ("'", "'"), ("", _("None"))]))
    heading = SelectField(_("Heading row"), coerce=int)
    part = SelectField(_("Sheet or file"), coerce=int, default=0)


class ChoicesInput(Input):
    everyone = SelectField(_("Status of the people in this file"), choices=choices(EVERYONE.items()))
    country = SelectField(_("Default country"))
    dates = SelectField(_("Dates such as 04/03/2025"), choices=choices(DATES.items()))

    def __init__(self, chosen: Choices) -> None:
        dates = FROM_1904 if chosen.is_1904 else chosen.order
        super().__init__(data={"everyone": chosen.everyone, "country": chosen.country, "dates": dates})
        self.country.choices = choices(countries().items())

    def read(self) -> dict[str, Any]:
        """What was chosen, by the names of `Choices`."""
        order = self.dates.data if self.dates.data != FROM_1904 else ""
        chosen = {"everyone": self.everyone.data, "country": self.country.data, "order": order}
        return chosen | {"is_1904": self.dates.data == FROM_1904}
