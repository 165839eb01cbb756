"""Sums up the scores of all contacts at the end of a round: averages, categories, grades, companies."""

from typing import Any

from sqlalchemy import Float, cast, func, select

from signup.audience.quality import POINTS, Quality
from signup.companies.company import Company
from signup.contacts.contact import Contact
from signup.forms.form import Form
from signup.ground.db import db
from signup.signups.signup import Signup

MAX_LINES = 30
BANDS = (0, 20, 40, 60, 80)
"""Where each band of the histogram begins; the last takes 100 too."""


def gather() -> dict[str, Any]:
    """The figures as they are kept and shown; every sum of people is the same total."""
    means = [func.avg(cast(getattr(Quality, name), Float(53))).label(name) for name in ("score", *POINTS)]
    total, *averages = db.session.execute(select(func.count(), *means).select_from(Quality)).one()
    band = func.coalesce(func.nullif(Quality.score // 20, 5), 4)
    companies = select(func.count(), func.count().filter(Company.usable))
    all_companies, usable = db.session.execute(companies).one()
    return {
        "total": total,
        "averages": {name: _rounded(mean) for name, mean in zip(("score", *POINTS), averages, strict=True)},
        "bands": _counts(band),
        "categories": _counts(Quality.category),
        "grades": _counts(Quality.grade),
        "sources": _by_source(),
        "forms": _by_form(),
        "companies": {"total": all_companies, "usable": usable},
    }


def _counts(of: Any) -> dict[str, int]:
    rows = db.session.execute(select(of, func.count()).select_from(Quality).group_by(of))
    return {str(value): n for value, n in rows}


def _by_source() -> list[dict[str, Any]]:
    mean = func.avg(cast(Quality.score, Float(53)))
    query = select(Contact.source, func.count(), mean).join(Quality, Quality.contact_id == Contact.id)
    query = query.group_by(Contact.source).order_by(func.count().desc(), Contact.source).limit(MAX_LINES)
    return [{"name": name, "people": n, "score": _rounded(mean)} for name, n, mean in db.session.execute(query)]


def _by_form() -> list[dict[str, Any]]:
    """By each form that somebody signed up with; who used two counts for both."""
    used = select(Signup.form_id, Signup.contact_id).distinct().subquery("used")
    mean = func.avg(cast(Quality.score, Float(53)))
    query = select(Form.name, func.count(), mean).join(used, used.c.form_id == Form.id)
    query = query.join(Quality, Quality.contact_id == used.c.contact_id).group_by(Form.id, Form.name)
    query = query.order_by(func.count().desc(), Form.name).limit(MAX_LINES)
    return [{"name": name, "people": n, "score": _rounded(mean)} for name, n, mean in db.session.execute(query)]


def _rounded(mean: float | None) -> float:
    return round(mean or 0.0, 1)
