"""What an operator decides about a whole file, beside what each column is."""

from typing import Any

from wtforms import SelectField

from signup.admin.frame.country_choice import countries
from signup.admin.frame.inputs import Input, choices
from signup.ground.i18n import _
from signup.imports.import_choices import Choices
from signup.imports.meaning.time_text import DAY_FIRST, MONTH_FIRST

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
