"""A form's own texts in further languages, by its operator. The words that we ship are in `shipped_words`."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from signup.forms.question import Line, Question
from signup.ground.i18n import LANGUAGES


def _offered(language: str) -> str:
    if language not in LANGUAGES:
        raise ValueError(f"no texts are translated into {language[:20]!r}")
    return language


Language = Annotated[str, AfterValidator(_offered)]


class FieldTexts(BaseModel):
    """A question in a further language; `options` are labels by the option's value."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    label: Line = ""
    help: Line = ""
    options: Annotated[dict[str, Line], Field(max_length=200)] = {}

    def over(self, field: Question) -> Question:
        """`field` in these words, where there are any."""
        options = tuple(
            option.model_copy(update={"label": self.options.get(option.value) or option.label})
            for option in field.options
        )
        said = {"label": self.label or field.label, "help": self.help or field.help, "options": options}
        return field.model_copy(update=said)


class FormTexts(BaseModel):
    """A form's own texts in a further language; what is empty is said in the main language."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""
    intro: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    button: Line = ""
    wording: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""
    thanks_text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    thanks_url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    confirmed_text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    confirmed_url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    fields: Annotated[dict[str, FieldTexts], Field(max_length=40)] = {}
