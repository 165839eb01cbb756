"""The form editor's input: what an operator types about a form, as a `Definition`; its mistakes told kindly."""

from typing import Any

from pydantic import ValidationError as DefinitionError
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import Length, Optional
from wtforms.widgets import HiddenInput

from signup.admin.companies.company_words import COUNTRIES
from signup.admin.forms.appearance_input import AppearanceInput, values_of
from signup.admin.forms.question_input import QuestionInput, row_of
from signup.admin.frame.inputs import REQUIRED, Input, choices, is_address, is_web_address, strip
from signup.fields.value import key_from
from signup.forms.form import MAX_FIELDS, Definition
from signup.ground.i18n import LANGUAGES, _
from signup.ground.urls import origin_of

# Parts of a definition that this page keeps as they are: other pages write them.
NOT_TYPED = {"partner_ids", "translations", "words", "mails"}
AS_TYPED = ("kind", "language", "country", "title", "intro", "button", "wording", "opt_in")
AFTERWARDS = ("thanks_text", "thanks_url", "confirmed_text", "confirmed_url")
POLICIES = ("refuses_disposable", "refuses_roles", "reminders", "asks_tracking")
KINDS = {
    "signup": _("Sign-up"),
    "incentive": _("Sign-up with an incentive"),
    "contact": _("Contact with a message"),
    "event": _("Event registration"),
    "loyalty": _("Loyalty programme"),
}
OPT_INS = {
    "double": _("Double: people confirm by email (recommended)"),
    "single": _("Single: added to the list at once, without an email"),
}
REMINDERS = {1: _("One, after one day"), 2: _("Two, after one day and three days"), 0: _("None")}


class FormInput(Input):
    """Everything a form version says in its main language, and the form's own name and list."""

    said: dict[str, str] = {}  # noqa: RUF012  # each input has its own: the texts of further languages, by their name
    unsaid: Definition | None = None
    """What is typed, without those texts: what its further languages lack is asked for."""
    seen_version = IntegerField(validators=[Optional()], widget=HiddenInput())
    seen_draft = HiddenField()
    began = HiddenField()
    """What the inputs held when the page was opened, as JSON: what somebody else changed since is told from it."""
    step = HiddenField()
    read_for = IntegerField(validators=[Optional()], widget=HiddenInput())
    """The list that the texts on the page were told for."""
    name = StringField(
        _("Name"),
        [REQUIRED, Length(max=120)],
        filters=[strip],
        description=_("For internal use: the name of this source in reports."),
    )
    mailing_list = SelectField(_("List"), [REQUIRED], coerce=int)
    messages_to = StringField(
        _("Send messages to"),
        [Length(max=254)],
        filters=[strip],
        description=_("Who receives messages from a contact or event form. Leave empty for the list’s sender."),
    )
    kind = SelectField(
        _("Type"),
        choices=choices(KINDS.items()),
        default="signup",
        description=_("Messages and registrations are emailed to you, whether or not the box for the list is ticked."),
    )
    language = SelectField(
        _("Language"),
        choices=choices(LANGUAGES.items()),
        description=_("The main language. Other languages have a page of their own."),
    )
    country = SelectField(
        _("Visitors’ country"),
        choices=choices({"": _("Any"), **COUNTRIES}.items()),
        default="",
        description=_("Phone numbers and postal codes without a country are read as from this one."),
    )
    title = StringField(_("Title"), [REQUIRED, Length(max=120)], filters=[strip])
    intro = TextAreaField(
        _("Introduction"), [Length(max=500)], filters=[strip], description=_("What people get, and how often.")
    )
    button = StringField(
        _("Button"),
        [Length(max=200)],
        filters=[strip],
        description=_("Leave empty for “Sign me up” in the form’s language."),
    )
    questions = FieldList(FormField(QuestionInput), max_entries=MAX_FIELDS)
    wording = TextAreaField(
        _("Consent wording"),
        [REQUIRED, Length(min=10, max=2000, message=_("Write a full sentence, at most 2,000 characters."))],
        filters=[strip],
        description=_(
            "The sentence next to the unticked box. Say who sends what, how often, and that people can unsubscribe"
            " at any time. It is kept word for word with every consent."
        ),
    )
    opt_in = RadioField(_("Opt-in"), choices=choices(OPT_INS.items()), default="double")
    single_reason = StringField(
        _("Reason for single opt-in"),
        [Length(max=200)],
        filters=[strip],
        description=_("Part of the proof. Only administrators can choose it."),
    )
    lead_magnet_id = SelectField(
        _("Incentive"), coerce=int, description=_("A file, a link or a discount code, given after confirmation.")
    )
    allowed_origins = TextAreaField(
        _("Allowed websites"),
        [Length(max=10_000)],
        description=_("One per line, such as https://www.example.org. Leave empty for the form’s own page only."),
    )
    thanks_text = TextAreaField(_("Message after sending"), [Length(max=1000)], filters=[strip])
    thanks_url = StringField(
        _("Redirect after sending"),
        [Length(max=500), is_web_address],
        filters=[strip],
        description=_("Use your own page instead of ours."),
    )
    confirmed_text = TextAreaField(_("Message after confirming"), [Length(max=1000)], filters=[strip])
    confirmed_url = StringField(
        _("Redirect after confirming"),
        [Length(max=500), is_web_address],
        filters=[strip],
        description=_("If the form gives or asks something more, our page comes first, with a link to yours."),
    )
    appearance = FormField(AppearanceInput)
    refuses_disposable = BooleanField(
        _("Block disposable addresses"), description=_("Temporary mailboxes that disappear within minutes.")
    )
    refuses_roles = BooleanField(
        _("Block role addresses"), description=_("Such as info@ or sales@: nobody can consent for a whole office.")
    )
    asks_tracking = BooleanField(
        _("Ask whether opens and clicks may be recorded"),
        description=_(
            "Two more unticked boxes, each optional. Without a yes, campaigns count opens and clicks for everybody"
            " together, and never for one person."
        ),
    )
    reminders = SelectField(
        _("Confirmation reminders"),
        choices=choices(REMINDERS.items()),
        coerce=int,
        description=_("They stop when someone confirms, clicks “This wasn’t me” or an email bounces."),
    )

    def validate_allowed_origins(self, _field: Field) -> None:
        for origin in self.read_origins():
            if not origin or origin_of(origin) != origin.lower():
                message = _(
                    "“%(line)s” is not a website. Write it as https://www.example.org, without a path.",
                    line=origin[:80],
                )
                raise ValidationError(str(message))

    def validate_messages_to(self, field: Field) -> None:
        if field.data:
            is_address(self, field)

    def validate_single_reason(self, field: Field) -> None:
        if self.opt_in.data == "single" and not field.data:
            raise ValidationError(str(_("Please give a reason: it is part of the proof.")))

    def validate_questions(self, _field: Field) -> None:
        keys = [question["key"] for question in self.read_questions(strict=False)]
        for entry in self.questions:
            key = entry.form.key.data or key_from(entry.form.label.data or "")
            if entry.form.label.data and keys.count(key) > 1:
                entry.form.key.errors = [*entry.form.key.errors, str(_("Another question has this key."))]
                raise ValidationError(str(_("Two questions have the same key.")))

    def read_origins(self) -> list[str]:
        return [line.strip().rstrip("/") for line in (self.allowed_origins.data or "").splitlines() if line.strip()]

    def read_questions(self, *, strict: bool = True) -> list[dict[str, Any]]:
        """The rows that hold a question, as `Question`'s values."""
        return [entry.form.read(strict=strict) for entry in self.questions if entry.form.label.data]

    def definition(self, before: Definition | None) -> Definition | None:
        """What was typed, over what `before` says and this page does not ask; None, with errors, when it is none."""
        values: dict[str, Any] = {name: getattr(before, name) for name in NOT_TYPED} if before else {}
        values |= {name: self[name].data for name in (*AS_TYPED, *AFTERWARDS, *POLICIES)}
        values["single_reason"] = self.single_reason.data if self.opt_in.data == "single" else ""
        values["lead_magnet_id"] = self.lead_magnet_id.data or None
        values["allowed_origins"] = self.read_origins()
        values["fields"] = self.read_questions()
        values["appearance"] = self.appearance.form.read()
        if before and self.language.data in before.translations:
            self.language.errors = [str(_("This is already one of the form’s other languages. Remove it there first."))]
            return None
        try:
            return Definition(**values)
        except DefinitionError as error:
            for problem in error.errors():
                name = str(problem["loc"][0]) if problem["loc"] else "title"
                name = "questions" if name == "fields" else name
                field = self[name if name in self and name != "appearance" else "title"]
                field.errors = [*field.errors, problem["msg"].removeprefix("Value error, ")]
            return None


def fill(definition: Definition) -> dict[str, Any]:
    """A definition as the input's values."""
    apart = {"fields", "allowed_origins", "lead_magnet_id", "appearance"}
    values = definition.model_dump(mode="json", exclude=NOT_TYPED | apart)
    values["allowed_origins"] = "\n".join(definition.allowed_origins)
    values["lead_magnet_id"] = definition.lead_magnet_id or 0
    values["questions"] = [row_of(field) for field in definition.fields]
    values["appearance"] = values_of(definition.appearance)
    return values
