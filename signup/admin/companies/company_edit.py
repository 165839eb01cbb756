"""Adding and changing a company. One that is there already, by its keys, is shown instead."""

from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup.access import audit
from signup.admin.companies.companies import find
from signup.admin.companies.company_input import CompanyInput, fill
from signup.admin.frame import door
from signup.companies import company as record
from signup.companies.company import FACTS, Company
from signup.ground.db import db, transaction


class _Taken(Exception):
    """Another company has the number."""


def company_new() -> ResponseReturnValue:
    """Add one, or go to the one that is meant."""
    typed = CompanyInput()
    if request.method != "POST" or not typed.validate():
        return _page(typed, None)
    mention = typed.mention()
    with transaction():
        found = record.find_or_add(mention)
        is_new = not found.is_kept and not found.persons
        found.is_kept = True
        audit.note(door.operator(), "company-added" if is_new else "company-changed", str(found.uid))
        uid = found.uid
    _hint(typed)
    flash(
        _("The company has been added.")
        if is_new
        else _("This company already existed. Missing details have been filled in.")
    )
    return redirect(url_for("admin.company", uid=uid), HTTPStatus.SEE_OTHER)


def company_edit(uid: UUID) -> ResponseReturnValue:
    """Change one. A number that another company has is the database's to refuse."""
    found = find(uid)
    typed = CompanyInput(data=fill(found)) if request.method != "POST" else CompanyInput()
    if request.method != "POST" or not typed.validate():
        return _page(typed, found)
    try:
        with transaction():
            _save(found, typed)
    except _Taken:
        typed.number.errors = [_("Another company has this number.")]
        return _page(typed, find(uid))
    _hint(typed)
    flash(_("The company has been saved."))
    return redirect(url_for("admin.company", uid=uid), HTTPStatus.SEE_OTHER)


def _save(company: Company, typed: CompanyInput) -> None:
    mention = typed.mention()
    names = ("name", *FACTS)
    before = {name: getattr(company, name) for name in names}
    kept_size = company.size if mention.headcount is None else mention.size  # a band may be known without a number
    record.rename(company, mention.name)
    for name in FACTS:
        setattr(company, name, getattr(mention, name))
    company.size, company.is_kept = kept_size, True
    db.session.flush()
    if any(key.startswith("n:") for key in record.rekey(company)):
        raise _Taken
    after = {name: getattr(company, name) for name in names}
    audit.note(door.operator(), "company-changed", str(company.uid), **audit.change(before, after))


def _hint(typed: CompanyInput) -> None:
    place = typed.place()
    if place is not None and not place.is_ok:
        flash(_("Worth checking: %(hint)s", hint=place.hint))


def _page(typed: CompanyInput, company: Company | None) -> ResponseReturnValue:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if typed.errors else HTTPStatus.OK
    return render_template("admin/companies/company_edit.html", typed=typed, company=company), status
