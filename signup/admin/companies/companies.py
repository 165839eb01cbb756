"""Companies: the table by name with a search, and one company with its people. Changing is in `company_edit`."""

from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import select, tuple_

from signup.access import audit
from signup.addresses.address import parse
from signup.admin.companies import company_words
from signup.admin.frame import door
from signup.admin.frame.number import whole
from signup.audience import scoring_round
from signup.audience.find_companies import holds_words
from signup.checks import activity_code, legal_form
from signup.checks.company_number import vat_number
from signup.checks.reference import regions
from signup.companies import position
from signup.companies.company import Company
from signup.companies.position import MAX_TITLE, Position
from signup.contacts.contact import Contact
from signup.exports.people_csv import csv_text
from signup.ground.db import db, transaction
from signup.ground.errors import InvalidAddress, NotFound

PAGE = 50
MAX_PEOPLE = 100
MAX_TEXT = 200
CSV_COLUMNS = ("name", "country", "number", "domain", "region", "size", "persons", "usable")


class CompanyPage(NamedTuple):
    """One page of companies, and the companies to go on from at either end (None at an end)."""

    rows: list[Company]
    before: int | None
    after: int | None


def companies() -> ResponseReturnValue:
    return render_template(
        "admin/companies/companies.html",
        page=_page(),
        counts=scoring_round.company_counts(),
        text=request.args.get("q", "")[:MAX_TEXT],
        people=_people(),
        company_words=company_words,
        regions=regions(),
    )


def companies_csv() -> ResponseReturnValue:
    """The page in view as CSV, for people."""
    rows = _page().rows
    lines = [[getattr(row, name) for name in CSV_COLUMNS] for row in rows]
    with transaction():
        audit.note(door.operator(), "companies-listed", rows=len(rows))
    headers = {"Content-Disposition": 'attachment; filename="companies.csv"'}
    return Response(csv_text(CSV_COLUMNS, *lines), content_type="text/csv; charset=utf-8", headers=headers)


def company(uid: UUID) -> ResponseReturnValue:
    """Its facts, who works there, and who was taken off."""
    found = find(uid)
    language = str(get_locale() or "en")[:2]
    form = legal_form.find_form(found.legal_form)
    return render_template(
        "admin/companies/company.html",
        company=found,
        people=position.people_of(found.id, MAX_PEOPLE),
        ended=_ended(found.id) if door.may("contacts:edit") else [],
        form=form.said_in(language) if form else found.legal_form,
        activity=activity_code.label_of(found.nace) if found.nace else "",
        vat=vat_number(found.number) if found.number else "",
        regions=regions(),
        company_words=company_words,
    )


def company_person(uid: UUID) -> ResponseReturnValue:
    """Put a known contact there, by address; or put somebody back who was taken off."""
    found = find(uid)
    contact = _named(request.form.get("address", ""), request.form.get("contact", ""))
    if contact is None:
        flash(_("No contact has this address. You can only link people who signed up or were imported."))
        return redirect(url_for("admin.company", uid=uid), HTTPStatus.SEE_OTHER)
    with transaction():
        title = " ".join(request.form.get("title", "").split())[:MAX_TITLE]
        position.place(contact.id, found.id, title)
        scoring_round.settle_companies(Company.id == found.id)
        audit.note(door.operator(), "position-added", str(uid), contact=str(contact.uid))
    flash(_("The person has been linked."))
    return redirect(url_for("admin.company", uid=uid), HTTPStatus.SEE_OTHER)


def company_person_off(uid: UUID) -> ResponseReturnValue:
    """Take somebody off; the page offers to put them back."""
    found, contact = find(uid), _named("", request.form.get("contact", "-"))
    with transaction():
        if contact is None or not position.leave(contact.id, found.id):
            raise NotFound(f"position at company {uid}")
        scoring_round.settle_companies(Company.id == found.id)
        audit.note(door.operator(), "position-ended", str(uid), contact=str(contact.uid))
    flash(_("The person has been unlinked. You can link them again below."))
    return redirect(url_for("admin.company", uid=uid), HTTPStatus.SEE_OTHER)


def find(uid: UUID) -> Company:
    """The company with this id. Raises `NotFound`."""
    found = db.session.scalar(select(Company).where(Company.uid == uid))
    if found is None:
        raise NotFound(f"company {uid}")
    return found


def _people() -> str:
    asked = request.args.get("people", "")
    return asked if asked in {"usable", "others"} else ""


def _page() -> CompanyPage:
    """By name, then id: a page begins after (or ends before) a company that the address names."""
    place = tuple_(Company.name_key, Company.id)
    backwards = "before" in request.args
    mark = request.args.get("before" if backwards else "after", 0, type=whole)
    query = select(Company)
    if text := request.args.get("q", "")[:MAX_TEXT]:
        query = query.where(holds_words(text))
    if people := _people():
        query = query.where(Company.usable.is_(people == "usable"))
    at = db.session.execute(select(Company.name_key, Company.id).where(Company.id == mark)).first() if mark else None
    if at is not None:
        query = query.where(place < tuple(at) if backwards else place > tuple(at))
    order: Any = (Company.name_key.desc(), Company.id.desc()) if backwards else (Company.name_key, Company.id)
    rows = list(db.session.scalars(query.order_by(*order).limit(PAGE + 1)))
    has_more, rows = len(rows) > PAGE, rows[:PAGE]
    if backwards:
        rows.reverse()
    has_before, has_after = (has_more, True) if backwards else (at is not None, has_more)
    return CompanyPage(
        rows,
        rows[0].id if rows and has_before else None,
        rows[-1].id if rows and has_after else None,
    )


def _ended(company_id: int) -> list[tuple[Position, Contact]]:
    query = select(Position, Contact).join(Contact, Contact.id == Position.contact_id)
    query = query.where(Position.company_id == company_id, Position.ended_at.is_not(None))
    rows = db.session.execute(query.order_by(Position.ended_at.desc()).limit(20))
    return [(one, contact) for one, contact in rows]


def _named(address: str, uid: str) -> Contact | None:
    try:
        which = Contact.uid == UUID(uid) if uid else Contact.address_key == parse(address).key
    except (ValueError, InvalidAddress):
        return None
    return db.session.scalar(select(Contact).where(which))
