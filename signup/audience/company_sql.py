"""Conditions on a contact's companies, region, quality and grade. Of several companies one is enough to meet one."""

from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, func, literal, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import aliased

from signup.audience.quality import Quality
from signup.audience.rule import Condition, Subject
from signup.checks import activity_code
from signup.companies.company import AGES, Company
from signup.companies.position import Position
from signup.contacts.contact import Contact
from signup.fields import text_sql
from signup.fields.finding import Finding
from signup.fields.kinds.text import Text
from signup.fields.operator import Op
from signup.ground.dialect import today_text

Sql = ColumnElement[bool]

YEAR_DIGITS = 4


def _age_band(company: type[Company]) -> ColumnElement[str]:
    """The band of a company's age by the year it is in; empty for one that is not known, or not founded yet."""
    years = sql_cast(func.substr(today_text(), 1, YEAR_DIGITS), Integer()) - company.founded
    bands = [(years >= first, literal(band)) for band, first in sorted(AGES.items(), key=lambda one: -one[1])]
    return case(*bands, else_="")


def at_a_company(subject: Subject, condition: Condition) -> Sql:
    """`company_size` and the like: whether one of the contact's companies is so."""
    company, position = aliased(Company), aliased(Position)
    value: Any = {
        "company": company.name,
        "company_domain": company.domain,
        "company_country": company.country,
        "company_region": company.region,
        "company_size": company.size,
        "company_age": _age_band(company),
        "company_activity": company.nace,
        "company_form": company.legal_form,
        "company_function": position.function,
    }[subject.room]
    mine = select(literal(1)).select_from(position).join(company, company.id == position.company_id)
    mine = mine.where(position.contact_id == Contact.id, position.ended_at.is_(None), _asks(subject, value, condition))
    return mine.correlate(Contact).exists()


def in_region(_subject: Subject, condition: Condition) -> Sql:
    """Where the contact's own postal code lies."""
    found = aliased(Finding)
    mine = select(literal(1)).where(found.contact_id == Contact.id, found.key == "postal_code")
    return mine.where(_chosen(found.region, condition)).correlate(Contact).exists()


def of_quality(subject: Subject, condition: Condition) -> Sql:
    """Score, category and grade as the last round worked them out."""
    quality = aliased(Quality)
    mine = select(literal(1)).where(quality.contact_id == Contact.id)
    if subject.room == "quality":
        mine = mine.where(_number(quality.score, condition))
    else:
        mine = mine.where(_chosen(getattr(quality, subject.room), condition))
    return mine.correlate(Contact).exists()


def _asks(subject: Subject, value: Any, condition: Condition) -> Sql:
    asks_branch = subject.room == "company_activity" and condition.op == Op.IS
    if codes := activity_code.meant_by(condition.value) if asks_branch else ():
        return value.in_(codes)  # type: ignore[no-any-return]
    return text_sql.meets(value, condition) if subject.kind == Text.name else _chosen(value, condition)


def _chosen(value: Any, condition: Condition) -> Sql:
    filled: Sql = value != ""
    return filled if condition.op == Op.FILLED else and_(filled, value.in_(condition.values))


def _number(value: Any, condition: Condition) -> Sql:
    if condition.op == Op.FILLED:
        return value.is_not(None)  # type: ignore[no-any-return]
    wanted = float(condition.value)
    found: Sql = {Op.IS: value == wanted, Op.AT_LEAST: value >= wanted, Op.AT_MOST: value <= wanted}[condition.op]
    return found
