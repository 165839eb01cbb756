"""Publishing a form: what it says is reviewed, whichever page wrote it; then it is the form's version, and noted."""

from typing import Any

from flask import flash
from flask_babel import gettext, ngettext

from signup.access import audit
from signup.admin.frame import door
from signup.consent.mailing_list import MailingList
from signup.forms.form import Definition, Form
from signup.forms.live_form import forget_live_forms
from signup.forms.review import Problem, review
from signup.ground.db import db
from signup.ground.errors import NotReady
from signup.ground.i18n import LANGUAGES, _

REASONS = {
    "promise": _(
        "This form promises an incentive. Choose or upload one here, or choose another type of form and change its"
        " texts."
    ),
    "unnamed": _(
        "The consent wording names neither the list “%(list)s” nor its controller, %(controller)s. Name one of them:"
        " people must know who they agree to hear from."
    ),
    "other": _(
        "This names “%(name)s”, but the form is for “%(list)s” by %(controller)s. Rewrite it for that list, or"
        " choose the other one."
    ),
    "partners": _("A partner’s box names “%(name)s”, but the form is for “%(list)s” by %(controller)s."),
}


def problems_of(form: Form, definition: Definition) -> list[Problem]:
    """Why this may not go out as this form, as its list stands."""
    return review(definition, db.session.get_one(MailingList, form.list_id))


def first_problem(problems: list[Problem], mailing_list: MailingList) -> str:
    """The first problem as a sentence that says what to do, for a page that has no input for it."""
    first = problems[0]
    if first.why != "missing":
        return problem_words(first, mailing_list)
    n = sum(one.why == "missing" and one.language == first.language for one in problems)
    text = ngettext(
        "The form is incomplete in %(language)s: %(num)s text is missing. Add it under “Languages”, or stop offering"
        " that language.",
        "The form is incomplete in %(language)s: %(num)s texts are missing. Add them under “Languages”, or stop"
        " offering that language.",
        n,
        language=LANGUAGES[first.language],
    )
    return str(text)


def problem_words(problem: Problem, mailing_list: MailingList) -> str:
    """A problem in words, for a page on which it can be mended."""
    facts = {"list": mailing_list.name, "controller": mailing_list.controller, "name": problem.name}
    if problem.why == "missing":
        return str(gettext("This is needed in %(language)s too.", language=LANGUAGES[problem.language]))
    return str(REASONS[problem.why if problem.part != "partners" else "partners"]) % facts


def publish(form: Form, definition: Definition, action: str = "form-published") -> None:
    """Make it the form's current version, write down who did and tell them. Needs an open transaction.

    Raises `NotReady` for what may not go out.
    """
    if found := problems_of(form, definition):
        raise NotReady(first_problem(found, form.list))
    before = form.version if form.version_id else None
    version = form.publish(definition, door.operator().id)
    forget_live_forms()
    if before is not None and version.id == before.id:
        flash(gettext("Saved. Visitors see no change: this is still version %(n)s.", n=version.number))
        return
    detail: dict[str, Any] = {"version": version.number, "hash": version.hash[:16], "list": form.list_id}
    audit.note(door.operator(), action, form.public_id, **detail)
    if definition.opt_in != (before.definition.opt_in if before else "double"):
        audit.note(door.operator(), "opt-in-changed", form.public_id, version=version.number, to=definition.opt_in)
    flash(gettext("Version %(n)s of the form has been published.", n=version.number))
