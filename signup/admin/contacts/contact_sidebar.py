"""What stands beside one contact: quality and grade, companies, household, and answers worth a second look."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.access import audit, scope
from signup.access.seen_contact import Seen
from signup.admin.companies import company_words
from signup.admin.frame import door
from signup.admin.frame.chart import bar
from signup.admin.frame.number import whole
from signup.audience import grade
from signup.audience.explain_score import ScoreExplanation, explain
from signup.audience.form_questions import default_country
from signup.audience.quality import Quality
from signup.checks.check import check_answers
from signup.checks.reference import regions
from signup.companies import household, position
from signup.contacts.contact import Contact
from signup.fields.field import checks
from signup.ground.db import db, transaction
from signup.ground.errors import NotFound


def of_contact(contact: Contact, known: Seen) -> dict[str, Any]:
    """The values that the contact's page shows beside its timeline; `known` is what the reader knows of it. Quality,
    companies and household are of what all lists were given.
    """
    sees_all = scope.sees_everything()
    sees_companies = sees_all and scope.shows_companies()
    at_home = household.household_of(contact.id) if sees_companies else None
    looks = check_answers(known.answers, default_country(), {k: v for k, v in checks().items() if scope.shows(k)})
    shown = (one for one in looks if one.checked.value != one.raw or one.checked.hint or one.checked.region)
    return {
        "explained": _explained(contact.id) if sees_all else None,
        "quality": db.session.get(Quality, contact.id) if sees_all else None,
        "grades": [step.grade for step in grade.scheme()] if sees_all else [],
        "graded": grade.history(contact.id) if sees_all else [],
        "companies": position.companies_of(contact.id) if sees_companies else [],
        "household": at_home,
        "neighbours": household.others_at(contact) if door.may("contacts:edit") and sees_companies else [],
        "looks": sorted(shown, key=lambda one: one.key),
        "regions": regions(),
        "company_words": company_words,
        "bar": bar,
    }


def _explained(contact_id: int) -> ScoreExplanation | None:
    found = explain(contact_id)
    return found and replace(found, raises=[one for one in found.raises if scope.shows(one.about)])


def contact_household(uid: UUID) -> ResponseReturnValue:
    """Make the address a household of the contact and those ticked, or take the contact out of theirs."""
    contact = db.session.scalar(select(Contact).where(Contact.uid == uid))
    if contact is None:
        raise NotFound(f"contact {uid}")
    with transaction():
        if request.form.get("do") == "leave":
            done = household.leave(contact.id)
        else:
            chosen = request.form.getlist("other", type=whole)
            done = bool(chosen) and household.gather(contact, chosen) is not None
        if done:
            audit.note(door.operator(), "household-changed", str(uid), left=request.form.get("do") == "leave")
    flash(_("The household has been saved.") if done else _("There was nothing to change."))
    return redirect(url_for("admin.contact", uid=uid), 303)
