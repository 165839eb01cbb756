"""One question of a form: its type, its words, its options. How an answer is read is in `fields.kinds`."""

from functools import cached_property
from typing import Annotated, Any

from flask_babel import get_locale
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, model_validator

from signup.fields.kinds.all_kinds import QUESTION_TYPES, kind_asked
from signup.fields.kinds.kind import FieldKind
from signup.ground.i18n import DEFAULT

RESERVED = {
    "email",
    "consent",
    "page",
    "referrer",
    "token",
    "signup",
    "code",
    "leave_empty",
    "fields",
    "src",
    "lang",
    "partners",
    "proof",
}

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


def _known_type(name: str) -> str:
    if name not in QUESTION_TYPES:
        raise ValueError(f"no question is of the type {name[:40]!r}")
    return name


class Option(BaseModel):
    """One choice: a stable value and the words shown for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    value: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:+-]{1,40}$")]
    label: Line


class Question(BaseModel):
    """One question beside the e-mail address."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    key: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    type: Annotated[str, AfterValidator(_known_type)]
    """The kind of its answer (`fields.kinds`), by its name."""
    label: Line
    help: Line = ""
    required: bool = False
    is_later: bool = False
    options: tuple[Option, ...] = ()
    check: Annotated[str, StringConstraints(pattern=r"^[a-z_]{0,20}$")] = ""
    """The offline check (`checks.check`) of the field it was made of; or `year`, of a number."""

    @model_validator(mode="after")
    def _check(self) -> "Question":
        if self.key in RESERVED:
            raise ValueError(f"the key {self.key!r} is taken")
        if self.kind.has_options != bool(self.options):
            raise ValueError("choices, and only they, need options")
        if len({option.value for option in self.options}) < len(self.options):
            raise ValueError("two options have the same value")
        return self

    @cached_property
    def kind(self) -> FieldKind:
        return kind_asked(self.type, self.check)

    @property
    def shown_options(self) -> tuple[Option, ...]:
        """What can be chosen: its own options, or those that its kind knows, in the language that is spoken."""
        if self.options:
            return self.options
        language = str(get_locale() or DEFAULT)
        return tuple(Option.model_construct(value=value, label=label) for value, label in self.kind.choices(language))

    @property
    def check_name(self) -> str:
        """The offline check of its answers: the one it names, else its kind's."""
        return self.check or self.kind.checked_as

    def read(self, given: Any) -> Any:
        """The answer as stored, or None for an empty one. Raises `ValueError` with the message for the visitor."""
        return self.kind.read(given, tuple(option.value for option in self.options))
