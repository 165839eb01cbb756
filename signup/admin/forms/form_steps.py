"""The steps of the form editor: which inputs each holds, which one is shown, and which ones hold a mistake."""

from flask import request

from signup.admin.forms.form_input import FormInput
from signup.ground.i18n import _

STEPS = {
    "texts": _("Texts"),
    "questions": _("Questions"),
    "consent": _("Consent"),
    "incentive": _("Incentive"),
    "after": _("After sending"),
    "look": _("Look"),
    "website": _("Website"),
}
FIRST = "texts"
STEP_OF = {
    **dict.fromkeys(("name", "kind", "mailing_list", "language", "title", "intro", "button", "messages_to"), "texts"),
    **dict.fromkeys(("questions", "country", "refuses_disposable", "refuses_roles"), "questions"),
    **dict.fromkeys(("wording", "opt_in", "single_reason", "asks_tracking"), "consent"),
    "lead_magnet_id": "incentive",
    **dict.fromkeys(("thanks_text", "thanks_url", "confirmed_text", "confirmed_url", "reminders"), "after"),
    "allowed_origins": "website",
}
"""The step of each input of `FormInput`; those of the appearance are in two."""
LOOKS = {"accent", "background", "text", "look"}


def steps_with_mistakes(typed: FormInput) -> list[str]:
    """The steps that hold a mistake, in their order."""
    wrong = {STEP_OF.get(name, FIRST) for name in typed.errors if name != "appearance"}
    for name in typed.appearance.form.errors:
        wrong.add("look" if name in LOOKS else "website")
    return [name for name in STEPS if name in wrong]


def step_to_show(wrong: list[str]) -> str:
    """The step that was asked for, or the first one with a mistake when that one has none."""
    asked = request.form.get("do", "").partition("step:")[2] if request.method == "POST" else ""
    here = request.form.get("step") or request.args.get("step", "")
    step = next((one for one in (asked, here) if one in STEPS), FIRST)
    return wrong[0] if wrong and step not in wrong and not asked else step
