"""What operators type about a partner: who it is, its words in each language, and the forms that show its box."""

from typing import Any

from wtforms import Field, SelectMultipleField, StringField, TextAreaField, ValidationError
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from signup.admin.frame.inputs import REQUIRED, Input, is_web_address, slug_field, strip
from signup.ground.i18n import DEFAULT, LANGUAGES, _

WORDS = [Length(max=2000)]
MIN_WORDS = 10


class PartnerInput(Input):
    name = StringField(
        _("Name"),
        [REQUIRED, Length(max=200)],
        filters=[strip],
        description=_("The company or person responsible for what it sends; shown below the box."),
    )
    slug = slug_field()
    privacy_url = StringField(
        _("Privacy page"),
        [REQUIRED, Length(max=500), is_web_address],
        filters=[strip],
        description=_("The partner’s own page, not yours."),
    )
    forms = SelectMultipleField(
        _("Shown on"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(), validate_choice=True
    )

    def validate_slug(self, field: Field) -> None:
        if field.data == "new":
            raise ValidationError(str(_("Choose another short name.")))

    def validate_wording_en(self, _field: Field) -> None:
        wordings = self.wordings()
        if not wordings or any(len(text) < MIN_WORDS for text in wordings.values()):
            raise ValidationError(str(_("Write a full sentence in at least one language.")))

    def wordings(self) -> dict[str, Any]:
        """The words by language, where there are any."""
        typed = {language: self[f"wording_{language}"].data for language in LANGUAGES}
        return {language: text for language, text in typed.items() if text}


# A box for the words in each language, in the order in which they are offered; the first says what to write.
ABOUT = {DEFAULT: _("The sentence next to its unticked box: who sends emails, about what, how often.")}
for code, name in LANGUAGES.items():
    box = TextAreaField(name, WORDS, filters=[strip], description=ABOUT.get(code, ""))
    setattr(PartnerInput, f"wording_{code}", box)
