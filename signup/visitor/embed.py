"""GET /f/<form>/embed: what the script of an embedded form must know of it, in the visitor's language.

The script itself (`visitor/embed_script.py` serves it) holds no text.
"""

import re
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, request
from flask_babel import gettext as _

from signup.addresses.mailbox_provider import PROVIDERS
from signup.consent.partner import ShownPartner
from signup.consent.tracking import ShownTracking
from signup.forms import form_rendering
from signup.forms.form import Definition
from signup.forms.form_rendering import Surface
from signup.forms.input_attributes import question
from signup.forms.live_form import LiveForm
from signup.forms.looks.appearance import MODES, Appearance, Trigger
from signup.forms.looks.look_style import script_sheet
from signup.forms.looks.own_look import script_style
from signup.forms.stamp import render_stamp
from signup.ground.clock import utcnow
from signup.ground.driver_sql import to_json
from signup.ground.errors import ForeignOrigin, NotFound
from signup.ground.tokens import keys
from signup.ground.urls import public_url
from signup.signups.submitted import AGREES_TO
from signup.visitor import show_form
from signup.visitor.origin import allow, check_origin

DEFINITION_SECONDS = 60
MAX_TRIGGERS = 6
SAME_AS = {"arrival": "delay"}
"""At once is after no second: one thing less for the script to know."""
NOWHERE = "(?!)"
"""A regular expression that matches no page."""
DIRECTION = "ltr"
"""Of every language that a form is offered in, whichever way the page around it is read."""
SHOWN = ("lang", "css", "title", "intro", "button", "fields", "consents", "code", "words")
"""What a visitor sees of it: the rest differs by page, or says when the form appears."""
AS_SAID = (  # shipped words that the script says under their own name
    *("close", "privacy", "again", "wrong", "code", "no_mail", "confirmed"),
    *("kept", "save", "saved", "problems", "failed"),
)


def embed(public_id: str) -> Response:
    """GET: the form as JSON, for a page of an origin that the form's owner allowed."""
    try:
        form = show_form.form_in_language(public_id)
        origin = check_origin(form)
    except ForeignOrigin as error:
        return _not_here(HTTPStatus.FORBIDDEN, "Foreign origin", _advice(public_id, str(error)))
    except NotFound:
        detail = (
            f"There is no open form {public_id[:40]} here. Copy the line again from “Where to use it” in the form's"
            " settings, or reopen the form there."
        )
        return _not_here(HTTPStatus.NOT_FOUND, "Unknown form", detail)
    told = _told(form)
    form_rendering.keep(form, Surface.SCRIPT, to_json({name: told[name] for name in SHOWN}))
    response = jsonify(told)
    response.headers["Cache-Control"] = f"max-age={DEFINITION_SECONDS}"
    response.headers.add("Vary", "Accept-Language")  # decides where the page's language is not offered
    return allow(response, origin)


def _advice(public_id: str, origin: str) -> str:
    return (
        f"The form {public_id} is not allowed on {origin}. Add {origin} to “Allowed websites” in this form's settings."
    )


def _not_here(status: HTTPStatus, title: str, detail: str) -> Response:
    """Readable by every page, so that its console can say what to do: it holds nothing but what that page has sent."""
    response = jsonify(type="about:blank", title=title, status=status.value, detail=detail)
    response.headers["Content-Type"] = "application/problem+json"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.status_code = status
    return response


def _told(form: LiveForm) -> dict[str, Any]:
    definition = form.definition
    return {
        "lang": definition.language,
        "dir": DIRECTION,
        "url": public_url("forms.show", public_id=form.public_id),
        "token": render_stamp(form.public_id),
        # Forms of one list keep one memory in the browser: who signed up by one is asked by none.
        "group": keys().hash(f"list:{form.list_id}")[:8],
        **_appearance(definition.appearance),
        "title": definition.title,
        "intro": definition.intro,
        "button": definition.button or definition.say("sign_up"),
        "fields": [_email(definition), *(question(field) for field in definition.first_fields)],
        "consents": [
            {
                "key": "consent",
                "text": definition.wording,
                "who": form.controller,
                "privacy": form.privacy_url,
                "input": {"type": "checkbox", "value": "yes", "required": not definition.takes_messages},
            },
            *(_partner(one) for one in form.partners),
            *(_tracking(form, one) for one in form.tracking),
        ],
        "code": definition.opt_in == "double",
        "domains": " ".join(PROVIDERS),
        "words": _words(form),
    }


def _partner(one: ShownPartner) -> dict[str, Any]:
    box = {"type": "checkbox", "name": "partners", "value": one.value}
    return {"key": f"partner-{one.id}", "text": one.wording, "who": one.name, "privacy": one.privacy_url, "input": box}


def _tracking(form: LiveForm, one: ShownTracking) -> dict[str, Any]:
    box = {"type": "checkbox", "name": AGREES_TO, "value": one.value}
    return {"key": one.purpose, "text": one.wording, "who": form.controller, "privacy": form.privacy_url, "input": box}


def _email(definition: Definition) -> dict[str, Any]:
    attributes = {"type": "email", "autocomplete": "email", "inputMode": "email", "maxLength": 254, "required": True}
    return {"key": "email", "label": definition.say("email"), "input": attributes}


def _appearance(appearance: Appearance) -> dict[str, Any]:
    """How it shows; a page may ask for another mode or trigger (`data-mode`, `data-trigger`) than the form's own."""
    asked = request.args.get("mode", "")
    mode = asked if asked in MODES else appearance.mode
    triggers = _asked_triggers() or appearance.triggers
    if mode == "tab":  # always there: nothing but a click makes the form appear
        triggers = [trigger for trigger in triggers if trigger.on == "click"]
    return {
        "mode": mode,
        "triggers": [[SAME_AS.get(trigger.on, trigger.on), trigger.value, trigger.selector] for trigger in triggers],
        "pause": appearance.pause_days,
        **_where(appearance),
        "analytics": appearance.analytics,
        "css": script_style() + script_sheet(appearance),
        "row": appearance.look.layout == "row",
    }


def _where(appearance: Appearance) -> dict[str, str]:
    """Where and to whom it may come uninvited; `data-anywhere` is for its maker, who tries the triggers alone."""
    if request.args.get("anywhere"):
        return {"paths": "", "visits": ""}
    aim = appearance.targeting
    return {"paths": _paths(appearance) if aim.is_on(utcnow().date()) else NOWHERE, "visits": aim.visits()}


def _asked_triggers() -> list[Trigger]:
    """`data-trigger="delay:5 exit click:#join"`: what makes no sense is left out."""
    found = []
    for part in request.args.get("trigger", "").split()[:MAX_TRIGGERS]:
        on, _colon, rest = part.partition(":")
        try:
            given = {"selector": rest} if on == "click" else {"value": rest or 0}
            found.append(Trigger.model_validate({"on": on, **given}))
        except ValueError:
            continue
    return found


def _paths(appearance: Appearance) -> str:
    """Where the form may interrupt, as one regular expression on a page's path."""
    show, hide = (_either(patterns) for patterns in (appearance.show_on or ("*",), appearance.hide_on))
    return f"^(?!{hide}$){show}$" if appearance.hide_on else f"^{show}$"


def _either(patterns: tuple[str, ...]) -> str:
    return "(?:" + "|".join(re.escape(pattern).replace(r"\*", ".*") for pattern in patterns) + ")"


def _words(form: LiveForm) -> dict[str, str]:
    definition = form.definition
    is_double = definition.opt_in == "double"
    sent_single = _("We received your sign-up. If it needs confirming, an email is on its way.")
    if definition.takes_messages:
        return _own_words(form) | {
            "sent": definition.arrived,
            "told": definition.thanks_text or definition.say("message_told"),
            "sent_text": definition.say("message_and_list" if is_double else "message_told"),
        }
    return _own_words(form) | {
        "sent": definition.say("sent") if is_double else _("Thank you"),
        "sent_text": definition.thanks_text or (definition.say("sent_text") if is_double else sent_single),
    }


def _own_words(form: LiveForm) -> dict[str, str]:
    definition = form.definition
    return {name: definition.say(name) for name in AS_SAID} | {
        "note": f"* {definition.say('required')} · {definition.note(with_partners=bool(form.partners))}",
        "hint": _("Did you mean %(address)s?", address="%s"),
        "confirm": definition.say("enter_code"),
        "open": _("Open %(mailbox)s", mailbox="%s"),
        "download": _("Download “%(name)s”", name="%s"),
        "later": _("One last question (optional)") if len(definition.later_fields) == 1 else definition.say("later"),
    }
