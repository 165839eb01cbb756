"""What operators type about a company. A number that cannot be right is refused here: it is what finds the company."""

from datetime import UTC, datetime
from typing import Any

from flask_babel import get_locale
from wtforms import Field, IntegerField, SelectField, StringField, ValidationError
from wtforms.validators import Length, NumberRange, Optional

from signup.admin.companies.company_words import COUNTRIES
from signup.admin.frame.inputs import REQUIRED, Input, choices, strip
from signup.checks import legal_form
from signup.checks.check import CHECKS
from signup.companies.company import Company, Mention, size_of
from signup.companies.mention import domain_of
from signup.ground.i18n import _

OLDEST = 1100
MAX_HEADCOUNT = 10_000_000


class CompanyInput(Input):
    """A company's facts. Postal code and activity are hinted at, and taken as they are."""

    name = StringField(_("Name"), [REQUIRED, Length(max=200)], filters=[strip])
    country = SelectField(_("Country"), choices=choices({"": "–", **COUNTRIES}.items()), default="")
    number = StringField(
        _("Company or VAT number"),
        [Length(max=40)],
        filters=[strip],
        description=_("Used to recognise the company, however it is typed. The check digits must be right."),
    )
    domain = StringField(_("Website"), [Length(max=253)], filters=[strip])
    street = StringField(_("Street and number"), [Length(max=200)], filters=[strip])
    postal_code = StringField(_("Postal code"), [Length(max=20)], filters=[strip])
    locality = StringField(_("Town"), [Length(max=100)], filters=[strip])
    legal_form = SelectField(_("Legal form"), default="", validate_choice=False)
    nace = StringField(
        _("Activity (NACE)"),
        [Length(max=80)],
        filters=[strip],
        description=_("A code such as 56.11, or search words in English or French."),
    )
    headcount = IntegerField(_("Number of employees"), [Optional(), NumberRange(0, MAX_HEADCOUNT)])
    founded = IntegerField(_("Year founded"), [Optional(), NumberRange(OLDEST, datetime.now(UTC).year)])

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        language = str(get_locale() or "en")[:2]
        forms = [(one.code, f"{one.country}: {one.said_in(language)}") for one in legal_form.forms_of()]
        self.legal_form.choices = choices([("", "–"), *forms])

    def validate_number(self, field: Field) -> None:
        if field.data:
            checked = CHECKS["company_number"](field.data, self.country.data or "", "")
            if not checked.is_ok:
                raise ValidationError(str(checked.hint))
            field.data = checked.value

    def validate_domain(self, field: Field) -> None:
        if field.data:
            domain = domain_of(field.data)
            if not domain:
                raise ValidationError(str(_("Enter a website, such as www.example.org.")))
            field.data = domain

    def validate_nace(self, field: Field) -> None:
        if field.data:
            checked = CHECKS["nace"](field.data, "", "")
            if not checked.is_ok:
                raise ValidationError(str(checked.hint))
            field.data = checked.value

    def mention(self) -> Mention:
        """What was typed, as the record takes it."""
        place = self.place()
        return Mention(
            name=self.name.data or "",
            country=self.country.data or "",
            number=self.number.data or "",
            domain=self.domain.data or "",
            legal_form=self.legal_form.data or "",
            nace=self.nace.data or "",
            street=self.street.data or "",
            postal_code=place.value if place else "",
            locality=self.locality.data or "",
            region=place.region if place else "",
            headcount=self.headcount.data,
            size=size_of(self.headcount.data),
            founded=self.founded.data,
        )

    def place(self) -> Any:
        """What the check says of the postal code and the town; None without a code."""
        code = self.postal_code.data or ""
        return CHECKS["postal_code"](code, self.country.data or "", self.locality.data or "") if code else None


def fill(company: Company) -> dict[str, Any]:
    """A company as the input's values."""
    return {name: getattr(company, name) for name in CompanyInput()._fields if hasattr(company, name)}
