"""Publishing a form: what it says is reviewed, whichever page wrote it; then it is the form's version, and noted."""

from typing import Any
from uuid import UUID

from flask import flash
from flask_babel import gettext, ngettext

from signup.access import audit
from signup.admin.frame import door
from signup.consent.mailing_list import MailingList
from signup.forms.form import Definition, Form
from signup.forms.form_draft import end_draft, locked
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


class VersionMoved(Exception):
    """Another version was published since the page was opened."""


def problems_of(form: Form, definition: Definition, *, accepts_promise: bool = False) -> list[Problem]:
    """Why this may not go out as this form, as its list stands.

    A promise that nothing keeps may go out where an operator said so, now or for the present version.
    """
    return problems_for(
        form, definition, db.session.get_one(MailingList, form.list_id), accepts_promise=accepts_promise
    )


def problems_for(
    form: Form | None, definition: Definition, mailing_list: MailingList, *, accepts_promise: bool = False
) -> list[Problem]:
    """The same for a list that the form may not have yet."""
    found = review(definition, mailing_list)
    is_fine = accepts_promise or promises_nothing(form)
    return [one for one in found if not (is_fine and one.why == "promise")]


def promises_nothing(form: Form | None) -> bool:
    """Whether the present version went out without the incentive that it promises, as an operator wanted."""
    live = form.version.definition if form and form.version_id else None
    return live is not None and live.kind == "incentive" and live.lead_magnet_id is None


def publish_draft(
    form_id: int | None,
    definition: Definition,
    own: dict[str, Any],
    seen: tuple[int | None, UUID | None],
    *,
    accepts_promise: bool,
) -> Form:
    """Publish what the editor holds, as a new form without `form_id`, and end the draft. Needs an open transaction.

    `own` are the form's values that are in no version; `seen` are the version and the draft that the page was opened
    with. Raises `VersionMoved`, `DraftMoved` and `NotReady`, and then nothing may be committed.
    """
    form = locked(form_id) if form_id else Form()
    if form_id:
        if seen[0] is not None and seen[0] != (form.version.number if form.version_id else 0):
            raise VersionMoved
        end_draft(form.id, seen[1])
    is_changed = bool(form.version_id) and own != {name: getattr(form, name) for name in own}
    for name, value in own.items():
        setattr(form, name, value)
    if is_changed:
        audit.note(door.operator(), "form-changed", form.public_id, list=form.list_id)
    publish(form, definition, "form-published" if form.version_id else "form-added", accepts_promise=accepts_promise)
    return form


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


def publish(
    form: Form, definition: Definition, action: str = "form-published", *, accepts_promise: bool = False
) -> None:
    """Make it the form's current version, write down who did and tell them. Needs an open transaction.

    Raises `NotReady` for what may not go out.
    """
    if found := problems_of(form, definition, accepts_promise=accepts_promise):
        raise NotReady(first_problem(found, form.list))
    before = form.version if form.version_id else None
    version = form.publish(definition, door.operator().id)
    forget_live_forms()
    if before is not None and version.id == before.id:
        flash(gettext("Saved. Visitors see no change: this is still version %(n)s.", n=version.number))
        return
    detail: dict[str, Any] = {"version": version.number, "hash": version.hash[:16], "list": form.list_id}
    if promises_nothing(form):
        detail["without_incentive"] = True
    audit.note(door.operator(), action, form.public_id, **detail)
    if definition.opt_in != (before.definition.opt_in if before else "double"):
        audit.note(door.operator(), "opt-in-changed", form.public_id, version=version.number, to=definition.opt_in)
    flash(gettext("Version %(n)s of the form has been published.", n=version.number))
