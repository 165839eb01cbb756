"""How an embedded form appears, as an operator types it: mode, triggers, pages, pause and look."""

from collections.abc import Iterable
from typing import Any

from wtforms import (
    BooleanField,
    Field,
    FormField,
    IntegerField,
    RadioField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms import Form as Part
from wtforms.validators import Length, NumberRange, Optional, Regexp

from signup.admin.forms import look_input, targeting_input
from signup.admin.forms.look_input import LookInput
from signup.admin.forms.ready_look import ReadyLook
from signup.admin.forms.targeting_input import TargetingInput, lines_of
from signup.admin.frame.inputs import choices, strip
from signup.forms.looks.appearance import Appearance, Colours, Trigger
from signup.ground.i18n import _

MODES = {
    "inline": _("Inline"),
    "pop-up": _("Pop-up"),
    "slide-in": _("Slide-in"),
    "bar": _("Bar"),
    "tab": _("Floating tab"),
}
# Each trigger, its sentence, and the input that says how much.
TRIGGERS = {
    "delay": (_("after a number of seconds on the page"), "delay_value"),
    "scroll": (_("after scrolling this far (%)"), "scroll_value"),
    "exit": (_("when the visitor is about to leave"), None),
    "idle": (_("after a number of seconds of inactivity"), "idle_value"),
    "click": (_("on a click on this CSS selector"), "click_value"),
    "arrival": (_("immediately"), None),
}
COLOURS = ("accent", "background", "text")
IS_COLOUR = Regexp(r"^(#[0-9a-fA-F]{6})?$", message=_("Enter a colour as #rrggbb."))
SECONDS = [Optional(), NumberRange(0, 3600, message=_("Enter a number from 0 to 3,600."))]
MAX_PATTERNS, MAX_PATTERN = 20, 200


def _colour(label: Any) -> StringField:
    return StringField(label, [IS_COLOUR], filters=[strip])


class AppearanceInput(Part):
    """The names are the preview's and the template's; `read` gives the `Appearance`'s values."""

    mode = RadioField(_("Display"), choices=choices(MODES.items()), default="inline")
    delay = BooleanField(TRIGGERS["delay"][0])
    delay_value = IntegerField(_("Seconds on the page"), SECONDS)
    scroll = BooleanField(TRIGGERS["scroll"][0])
    scroll_value = IntegerField(
        _("Percentage of the page"),
        [Optional(), NumberRange(1, 100, message=_("Enter a number from 1 to 100."))],
    )
    exit = BooleanField(TRIGGERS["exit"][0])
    idle = BooleanField(TRIGGERS["idle"][0])
    idle_value = IntegerField(_("Seconds of inactivity"), SECONDS)
    click = BooleanField(TRIGGERS["click"][0])
    click_value = StringField(_("CSS selector"), [Length(max=200)], filters=[strip])
    arrival = BooleanField(TRIGGERS["arrival"][0])
    show_on = TextAreaField(
        _("Only on these pages"),
        [Length(max=5000)],
        description=_("One pattern per line, such as /blog/*. Leave empty for every page."),
    )
    hide_on = TextAreaField(
        _("Never on these pages"), [Length(max=5000)], description=_("These override the pages above.")
    )
    pause_days = IntegerField(
        _("Days to wait after closing"),
        [Optional(), NumberRange(0, 365, message=_("Enter a number from 0 to 365."))],
        description=_("People who closed it or signed up will not see it again during this time."),
    )
    targeting = FormField(TargetingInput)
    analytics = BooleanField(
        _("Send events to Google Tag Manager or Google Analytics"),
        description=_(
            "Adds signup_view, signup_submit, signup_pending and signup_confirmed to your page’s dataLayer, with the"
            " form’s ID and no personal data. Your own consent settings decide what happens to them."
        ),
    )
    accent = _colour(_("Accent"))
    background = _colour(_("Background"))
    text = _colour(_("Text"))
    look = FormField(LookInput)

    def validate_scroll_value(self, field: Field) -> None:
        self._needs_value("scroll", field)

    def validate_click_value(self, field: Field) -> None:
        self._needs_value("click", field)

    def validate_show_on(self, field: Field) -> None:
        _check_patterns(lines_of(field))

    def validate_hide_on(self, field: Field) -> None:
        _check_patterns(lines_of(field))

    def _needs_value(self, trigger: str, field: Field) -> None:
        if self[trigger].data and self.mode.data != "inline" and not field.data and not field.errors:
            raise ValidationError(str(_("Fill in this field.")))

    def read(self) -> dict[str, Any]:
        """What was typed, as the values of an `Appearance`."""
        return {
            "mode": self.mode.data,
            "triggers": [self._trigger(on) for on in TRIGGERS if self[on].data and self._is_whole(on)],
            "show_on": lines_of(self.show_on),
            "hide_on": lines_of(self.hide_on),
            "pause_days": self.pause_days.data or 0,
            "targeting": self.targeting.form.read(),
            "analytics": self.analytics.data,
            "colours": {name: self[name].data or "" for name in COLOURS},
            "look": self.look.form.read(),
        }

    def wear(self, ready: ReadyLook) -> None:
        """Choose a ready look."""
        for name in COLOURS:
            self[name].data = getattr(ready.colours, name)
        self.look.form.wear(ready.look)

    def colours(self) -> Colours | None:
        """The colours as typed; None while one of them is no colour."""
        try:
            return Colours(**{name: self[name].data or "" for name in COLOURS})
        except ValueError:
            return None

    def _is_whole(self, on: str) -> bool:
        return on not in {"scroll", "click"} or bool(self[f"{on}_value"].data)

    def _trigger(self, on: str) -> dict[str, Any]:
        name = TRIGGERS[on][1]
        value = self[name].data if name else None
        return {"on": on, "selector": value or ""} if on == "click" else {"on": on, "value": value or 0}


def _check_patterns(patterns: list[str]) -> None:
    if len(patterns) > MAX_PATTERNS:
        raise ValidationError(str(_("Use %(n)s patterns or fewer.", n=MAX_PATTERNS)))
    for pattern in patterns:
        if not pattern.startswith(("/", "*")) or len(pattern) > MAX_PATTERN:
            raise ValidationError(str(_("“%(line)s” is not a pattern: start it with / or *.", line=pattern[:80])))


def values_of(appearance: Appearance) -> dict[str, Any]:
    """An appearance as the input's values."""
    values: dict[str, Any] = {
        "mode": appearance.mode,
        "show_on": "\n".join(appearance.show_on),
        "hide_on": "\n".join(appearance.hide_on),
        "pause_days": appearance.pause_days,
        "targeting": targeting_input.values_of(appearance.targeting),
        "analytics": appearance.analytics,
    }
    for trigger in appearance.triggers:
        values[trigger.on] = True
        values[f"{trigger.on}_value"] = trigger.selector if trigger.on == "click" else trigger.value
    return values | appearance.colours.model_dump() | {"look": look_input.values_of(appearance.look)}


def described(triggers: Iterable[Trigger]) -> list[str]:
    """The triggers in words, for a reader."""
    found = []
    for trigger in triggers:
        value = trigger.selector or trigger.value
        found.append(f"{TRIGGERS[trigger.on][0]}{f': {value}' if value else ''}")
    return found
